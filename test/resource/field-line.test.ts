import { describe, expect, it } from 'vitest';
import { lineOfField } from '../../src/resource/field-line.ts';

const FILE = `# a comment
apiVersion: v1
kind: ConfigMap
metadata: { name: first }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app.kubernetes.io/name: web
    app: web
spec:
  template: &template
    spec:
      containers:
        - name: side
          image: side
        - image: web
          name: web
          env:
            - { name: A, value: "1" }
            - name: B
              value: 2
          ports:
            - containerPort: 80
            - containerPort: 81
              protocol: UDP
  other:
    <<: *template
    mine: 1
`;

describe('the line of a field', () => {
  it.each([
    ['spec.template.spec.containers[1].image', 19],
    ['spec.template.spec.containers[name="web"].name', 20],
    ['spec.template.spec.containers[name="web"].env[name="B"].value', 24],
    ['spec.template.spec.containers[1].env[0].value', 22],
    ['spec.template.spec.containers[name="web"].ports[containerPort=81,protocol="UDP"].protocol', 28],
    // Git leaves the protocol to its default.
    ['spec.template.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"]', 26],
    ['metadata.labels.app.kubernetes.io/name', 11],
    ['metadata.labels[app.kubernetes.io/name]', 11],
    ['metadata.labels.app', 12],
    ['spec.other.spec.containers[0].image', 18],
    ['spec.other.mine', 31],
    ['', 6],
  ])('%s is %i', (field, line) => {
    expect(lineOfField(FILE, { line: 6, field })).toBe(line);
  });

  it.each([
    ['a missing field', 'spec.template.spec.containers[1].resources.limits', 19],
    ['a missing element', 'spec.template.spec.containers[7].image', 16],
    ['an element with another name', 'spec.template.spec.containers[name="none"].image', 16],
    ['a missing branch', 'status.replicas', 6],
  ])('is for %s the line of what it would be in', (_name, field, line) => {
    expect(lineOfField(FILE, { line: 6, field })).toBe(line);
  });

  it('is found in JSON, in a List, with Windows line breaks, and in stringData', () => {
    const json = '{\n "kind": "ConfigMap",\n "data": {\n  "a": 1\n }\n}\n';
    expect(lineOfField(json, { line: 1, field: 'data.a' })).toBe(4);
    const list = 'kind: List\nitems:\n- kind: A\n  data: { a: 1 }\n- kind: B\n  data:\n    a: 2\n';
    expect(lineOfField(list, { line: 5, field: 'data.a' })).toBe(7);
    expect(lineOfField(FILE.replaceAll('\n', '\r\n'), { line: 6, field: 'metadata.labels.app' })).toBe(12);
    expect(lineOfField('kind: Secret\nstringData:\n  pin: 1\n', { line: 1, field: 'data.pin' })).toBe(3);
  });

  it('is unknown for a document that does not begin there', () => {
    expect(lineOfField(FILE, { line: 9, field: 'spec' })).toBeNull();
  });
});
