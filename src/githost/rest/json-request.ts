import type { HostRequest } from '../port/host-api.ts';

/** A request whose content and answer are JSON, to a host that requires no special headers. */
export function jsonRequest(method: HostRequest['method'], url: string, content?: object): HostRequest {
  return {
    method,
    url,
    headers: { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'headgate/1.0' },
    body: content === undefined ? null : JSON.stringify(content),
  };
}
