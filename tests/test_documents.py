"""Examples in the documents are run: flows are loaded, hours asked, planning computed."""
