"""Pictures of flows: SVG with a layout of its own, Mermaid, Graphviz. PURE: text in, text out."""
