import { createHash } from 'node:crypto';
import type { Config } from '../../../config/checked/config.ts';
import { configFiles } from './config-files.ts';
import { writeZip } from './zip.ts';

export interface ConfigLayer {
  /** In the bucket of the stack. It names the content. */
  readonly key: string;
  readonly archive: Buffer;
}

/**
 * The layer that brings headgate.yml to the functions, in its checked form as /opt/headgate.json. It is all that a change of
 * headgate.yml uploads, so the archives of the functions are those of the release.
 */
export async function configLayer(config: Config): Promise<ConfigLayer> {
  const archive = writeZip([...(await configFiles(config))].map(([name, content]) => ({ name, content })));
  const hash = createHash('sha256').update(archive).digest('hex').slice(0, 32);
  return { key: `layers/config-${hash}.zip`, archive };
}

/** `stage`: as the template has it, which may be a variable of serverless. */
export function configLayerResource({ key }: ConfigLayer, stage: string) {
  return {
    Type: 'AWS::Lambda::LayerVersion',
    Properties: {
      LayerName: `headgate-${stage}-config`,
      Description: 'headgate.yml in its checked form',
      CompatibleRuntimes: ['nodejs24.x'],
      Content: { S3Bucket: { Ref: 'ServerlessDeploymentBucket' }, S3Key: key },
    },
  };
}
