import type { Log } from '../../deploy/ports/log.ts';
import { CONTENT_TYPE } from '../../metrics/registry.ts';
import type { DeployMetrics, Scraped } from '../../metrics/deploy-metrics.ts';
import { refuse, startLoopbackServer } from '../../platforms/local/loopback-server.ts';
import type { LoopbackServer } from '../../platforms/local/loopback-server.ts';

/** A log that the metrics read too. */
export function observedLog(log: Log, { observe }: DeployMetrics): Log {
  return (line) => {
    observe(line);
    log(line);
  };
}

/** Answers `GET /metrics` on 127.0.0.1. */
export function serveMetrics(port: number, metrics: DeployMetrics, scrape: () => Scraped): Promise<LoopbackServer> {
  return startLoopbackServer({ port, option: '--metrics-port' }, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'only GET is answered');
    if (request.url?.split('?')[0] !== '/metrics') return refuse(response, 404, 'see /metrics');
    const text = metrics.text(scrape());
    response.writeHead(200, { 'content-type': CONTENT_TYPE, 'content-length': Buffer.byteLength(text) });
    response.end(request.method === 'HEAD' ? undefined : text);
  });
}
