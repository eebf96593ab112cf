export interface RelayedCall {
  /** What came back of the words that one end said; null where the browser offered no way at all. */
  readonly heard: string | null;
  /** Types of all candidates that the page was given, e.g. `relay`, once each. */
  readonly candidates: readonly string[];
  /** How the browser reaches the relay. */
  readonly protocol: string | undefined;
}

/**
 * Played inside a page: a call between two ends in it, with a picture and words, by whatever ways WebRTC finds
 * there. The page's address names the relay after its `#`, as the JSON of an `RTCIceServer`.
 */
export async function relayedCall(): Promise<RelayedCall> {
  const server = JSON.parse(decodeURIComponent(location.hash.slice(1))) as RTCIceServer;
  const candidates = new Set<string>();
  const end = () => new RTCPeerConnection({ iceServers: [server] });
  const [caller, called] = [end(), end()];
  const introduce = (one: RTCPeerConnection, other: RTCPeerConnection) => {
    one.onicecandidate = ({ candidate }) => {
      if (candidate?.type) candidates.add(candidate.type);
      void other.addIceCandidate(candidate ?? undefined);
    };
  };
  introduce(caller, called);
  introduce(called, caller);

  const canvas = document.createElement('canvas');
  const brush = canvas.getContext('2d');
  const painting = setInterval(() => brush?.fillRect(Math.random() * 300, 0, 9, 150), 50);
  for (const track of canvas.captureStream(20).getTracks()) caller.addTrack(track);
  const seen = new Promise((done) => {
    called.ontrack = ({ track }) => track.addEventListener('unmute', done);
  });
  const words = caller.createDataChannel('words');
  called.ondatachannel = ({ channel }) =>
    channel.addEventListener('message', ({ data }) => channel.send(`${data}, I hear you`));
  const heard = new Promise<string>((done) => words.addEventListener('message', ({ data }) => done(data)));
  words.addEventListener('open', () => words.send('hello'));

  await caller.setLocalDescription(await caller.createOffer());
  await called.setRemoteDescription(caller.localDescription as RTCSessionDescription);
  await called.setLocalDescription(await called.createAnswer());
  await caller.setRemoteDescription(called.localDescription as RTCSessionDescription);
  const gathered = (one: RTCPeerConnection) =>
    new Promise<void>((done) => {
      const look = () => one.iceGatheringState === 'complete' && done();
      one.addEventListener('icegatheringstatechange', look);
      look();
    });
  const stands = Promise.all([heard, seen]).then(([echo]) => echo);
  const none = Promise.all([caller, called].map(gathered)).then(() => (candidates.size === 0 ? null : stands));
  const answer = await Promise.race([none, stands]);

  const stats = [...(await caller.getStats()).values()] as Record<string, unknown>[];
  // Not by the pair in use: its local end may be seen as peer-reflexive, which names no relay.
  const local = stats.find(({ type, relayProtocol }) => type === 'local-candidate' && relayProtocol);
  clearInterval(painting);
  caller.close();
  called.close();
  return { heard: answer, candidates: [...candidates], protocol: local?.relayProtocol as string | undefined };
}
