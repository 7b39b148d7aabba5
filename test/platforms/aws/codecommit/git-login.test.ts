import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gitLogin, renewedGitLogin } from '../../../../src/platforms/aws/codecommit/git-login.ts';
import { identityLogin } from '../../../../src/platforms/aws/codecommit/identity-login.ts';

const NOW_MS = Date.parse('2017-12-24T11:53:20Z');
const URL_OF_TEST = new URL('https://git-codecommit.us-west-2.amazonaws.com/v1/repos/test_repo');
const credentials = { accessKeyId: 'access', secretAccessKey: 'secret', sessionToken: null, expiresAtMs: null };
const reader = { url: URL_OF_TEST, region: 'us-west-2', credentials };

/** A second implementation: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
function passwordOf({ host, pathname }: URL, { region, secret, time }: Record<'region' | 'secret' | 'time', string>) {
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const day = time.slice(0, 8);
  const canonical = `GIT\n${pathname}\n\nhost:${host}\n\nhost\n`;
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/codecommit/aws4_request\n${hash}`;
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), 'codecommit'), 'aws4_request');
  return `${time}Z${hmac(key, text).toString('hex')}`;
}

describe('the login to a repository on CodeCommit', () => {
  it('is what the tests of git-remote-codecommit expect', () => {
    // https://github.com/aws/git-remote-codecommit/blob/master/test/git_url_test.py
    const token = '20171224T115320Zb6df2d758a8023b2f000a546417007b65494f3ce8ad0300fd45fcfa173f1959a';
    expect(gitLogin(reader, NOW_MS)).toEqual({ user: 'access', token });
    const session = { ...reader, credentials: { ...credentials, sessionToken: 'token' } };
    expect(gitLogin(session, NOW_MS)).toEqual({ user: 'access%token', token });
  });

  it.each([
    ['https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet', 'eu-west-1'],
    ['https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/a.b_c-d', 'cn-north-1'],
    ['https://git-codecommit-fips.us-gov-west-1.amazonaws.com/v1/repos/fleet', 'us-gov-west-1'],
    ['https://vpce-0a1b-2c3d.git-codecommit.eu-west-1.vpce.amazonaws.com/v1/repos/fleet', 'eu-west-1'],
    ['http://127.0.0.1:8080/v1/repos/fleet', 'ap-south-1'],
  ])('of %s is signed for %s, by the credentials that are found then', async (text, region) => {
    const url = new URL(text);
    const login = await identityLogin(url, {
      credentials: async () => ({ ...credentials, secretAccessKey: 'another', sessionToken: 'AQ/+=' }),
      home: async () => 'ap-south-1',
      nowMs: () => NOW_MS,
    });
    const token = passwordOf(url, { region, secret: 'another', time: '20171224T115320' });
    expect(login()).toEqual({ user: 'access%AQ/+=', token });
  });

  it('is of the repository, however its URL ends', () => {
    const slash = new URL(`${URL_OF_TEST.href}/`);
    expect(gitLogin({ ...reader, url: slash }, NOW_MS)).toEqual(gitLogin(reader, NOW_MS));
  });

  it('is signed again after five of the fifteen minutes', () => {
    let nowMs = NOW_MS;
    const login = renewedGitLogin(reader, () => nowMs);
    const first = login();
    nowMs += 5 * 60_000 - 1;
    expect(login()).toBe(first);
    nowMs += 1;
    expect(login().token).toMatch(/^20171224T115820Z[0-9a-f]{64}$/);
  });
});
