/**
 * Whether a page could send beside the proxy. Firefox is asked for the addresses that WebRTC would offer: no server is
 * named, so nothing leaves the machine, and a browser that lets UDP out finds its own addresses at once. Chromium's
 * policy holds for every web page and not for an extension's own (measured): there the policy itself is asked.
 */
import { FIREFOX } from '../browser.ts';
import { udpCloses } from '../privacy.ts';

export type WebRtcFinding = 'closed' | 'leaks';

const PATIENCE_MS = 2_000;

export async function testWebRtc(): Promise<WebRtcFinding> {
  if (!FIREFOX) return (await udpCloses()) ? 'closed' : 'leaks';
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
