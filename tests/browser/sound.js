// What pages say, and what they hear: a tone each way, measured where the page would play it.

const context = new AudioContext();

// A microphone that hears a tone of so many hertz.
export function saying() {
  const tone = context.createOscillator();
  const microphone = context.createMediaStreamDestination();
  tone.frequency.value = globalThis.hertz ?? 1000;
  tone.connect(microphone);
  tone.start();
  return microphone.stream;
}

// Resolves to the strongest frequency in what comes, and its level in decibels.
export async function sound(connection, seconds = 1) {
  const stream = new MediaStream(connection.getReceivers().map(({ track }) => track));
  const loudspeaker = new Audio(); // without one, nothing comes of a stream
  loudspeaker.srcObject = stream;
  loudspeaker.muted = true;
  await loudspeaker.play();
  const ears = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 16384;
  analyser.smoothingTimeConstant = 0;
  ears.connect(analyser);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const bins = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(bins);
  const at = bins.indexOf(Math.max(...bins));
  ears.disconnect();
  return { hertz: (at * context.sampleRate) / analyser.fftSize, decibels: bins[at] };
}

// Describes another certificate than the page has, where a test wants that.
export function changedFingerprint(phone, described) {
  if (phone.liesAboutItself && described.originator === "local")
    described.sdp = described.sdp.replace(/(a=fingerprint:sha-256 )(..)/, (_, head, first) =>
      head + (first === "00" ? "01" : "00"),
    );
}
