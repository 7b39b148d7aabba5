/*
 * In the package, instead of undici: 1.6 MB with its source map. Node has its `fetch`. The reader of kubeconfigs imports
 * the two classes for clients that the command does not have; what it uses connects with Node's own agents.
 */
function absent(): never {
  throw new TypeError('undici is not part of the package: use the agents of Node');
}

export { absent as Agent, absent as ProxyAgent };
export const { fetch } = globalThis;
