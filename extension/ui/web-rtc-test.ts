/**
 * Whether a page could send beside the proxy: asks this browser for the addresses that WebRTC would offer. No server is
 * named, so nothing leaves the machine; a browser that lets UDP out finds its own addresses at once.
 */
export type WebRtcFinding = 'closed' | 'leaks';

const PATIENCE_MS = 2_000;

export async function testWebRtc(): Promise<WebRtcFinding> {
  if (typeof RTCPeerConnection === 'undefined') return 'closed';
  const connection = new RTCPeerConnection();
  try {
    const found = Promise.withResolvers<WebRtcFinding>();
    const timer = setTimeout(() => found.resolve('closed'), PATIENCE_MS);
    connection.onicecandidate = ({ candidate }) => {
      // The last event has none, or an empty one.
      if (!candidate?.candidate) found.resolve('closed');
      else if (candidate.protocol?.toLowerCase() !== 'tcp') found.resolve('leaks');
    };
    connection.createDataChannel('test');
    await connection.setLocalDescription(await connection.createOffer());
    const finding = await found.promise;
    clearTimeout(timer);
    return finding;
  } catch {
    return 'closed';
  } finally {
    connection.close();
  }
}
