import type { Testbed } from './testbed.ts';

/** A Deployment without pods, whose image is on a line with a comment. */
export function deployment(name: string, image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 0
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - name: web
          image: ${image} # moves
`;
}

/** The tags of the images of Deployments in the cluster: `1.0.0 1.1.0`. */
export async function tagsOf(
  names: readonly string[],
  testbed: Pick<Testbed, 'kubectl' | 'namespace'>,
): Promise<string> {
  const path = '-o=jsonpath={.spec.template.spec.containers[0].image}';
  const images = names.map((name) => testbed.kubectl('-n', testbed.namespace, 'get', 'deployment', name, path));
  return (await Promise.all(images)).map((image) => image.split(':').at(-1)).join(' ');
}
