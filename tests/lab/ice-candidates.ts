/** Played inside a page: the ICE candidates that WebRTC gives to it, that is, the addresses it learns of this machine. */
export async function iceCandidates(): Promise<string[]> {
  const found: string[] = [];
  const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:127.0.0.1:3478' }] });
  peer.createDataChannel('x');
  peer.onicecandidate = ({ candidate }) => void (candidate?.candidate && found.push(candidate.candidate));
  await peer.setLocalDescription(await peer.createOffer());
  await new Promise<void>((done) => {
    if (peer.iceGatheringState === 'complete') done();
    peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && done();
  });
  return found;
}
