// The post-receive hook of the test Git host (plain JavaScript: git starts it with whatever Node runs the host).
// Builds GitHub's push payload from the repository itself and hands it to the host, which signs and delivers it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';

const [host, fullName, id] = process.argv.slice(2);

/** GitHub lists no more: the newest commits, and of each the first files. */
const COMMITS_LISTED = 2048;
const FILES_LISTED = 3000;

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8', maxBuffer: 1 << 28 }).trim();
}

function isZero(oid) {
  return /^0+$/.test(oid);
}

function isAncestor(before, after) {
  try {
    execFileSync('git', ['merge-base', '--is-ancestor', before, after], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function filesOf(commit) {
  const shown = git('diff-tree', '-r', '-z', '-c', '--root', '--no-commit-id', '--name-status', '--no-renames', commit);
  const fields = shown.split('\0');
  const files = { added: [], removed: [], modified: [] };
  for (let at = 0; at + 1 < fields.length && at / 2 < FILES_LISTED; at += 2) {
    files[{ A: 'added', D: 'removed' }[fields[at]] ?? 'modified'].push(fields[at + 1]);
  }
  return files;
}

function commitOf(oid) {
  const shown = git('show', '-s', '--format=%T%n%aI%n%an%n%ae%n%cn%n%ce%n%B', oid);
  const [tree, time, authorName, authorMail, name, mail, ...message] = shown.split('\n');
  return {
    id: oid,
    tree_id: tree,
    distinct: true,
    message: message.join('\n').trim(),
    timestamp: time,
    url: `${host}/${fullName}/commit/${oid}`,
    author: { name: authorName, email: authorMail, username: authorName },
    committer: { name, email: mail, username: name },
    ...filesOf(oid),
  };
}

/** Of a new branch, those that no other branch has; of a tag, none. */
function commitsOf({ before, after, ref }) {
  if (isZero(after) || !ref.startsWith('refs/heads/')) return [];
  const branch = ref.slice('refs/heads/'.length);
  const range = isZero(before) ? [after, '--not', `--exclude=${branch}`, '--branches'] : [`${before}..${after}`];
  const oids = git('rev-list', '--reverse', ...range).split('\n');
  return oids.filter(Boolean).slice(-COMMITS_LISTED).map(commitOf);
}

function headOf(after, commits) {
  if (isZero(after)) return null;
  const oid = git('rev-parse', `${after}^{commit}`);
  return commits.find((commit) => commit.id === oid) ?? commitOf(oid);
}

function compareOf({ before, after }) {
  if (isZero(before) || isZero(after)) return `${host}/${fullName}/commit/${isZero(after) ? before : after}`;
  return `${host}/${fullName}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`;
}

function repository() {
  const [owner, name] = fullName.split('/');
  const api = `${host}/api/repos/${fullName}`;
  return {
    id: Number(id),
    node_id: Buffer.from(`010:Repository${id}`).toString('base64'),
    name,
    full_name: fullName,
    private: false,
    owner: { name: owner, email: `${owner}@example.com`, login: owner, id: 1, type: 'Organization', site_admin: false },
    html_url: `${host}/${fullName}`,
    description: null,
    fork: false,
    url: `${host}/${fullName}`,
    hooks_url: `${api}/hooks`,
    statuses_url: `${api}/statuses/{sha}`,
    commits_url: `${api}/commits{/sha}`,
    clone_url: `${host}/${fullName}.git`,
    default_branch: 'main',
    master_branch: 'main',
    archived: false,
    disabled: false,
    visibility: 'public',
  };
}

function payloadOf(change) {
  const { before, after, ref } = change;
  const commits = commitsOf(change);
  return {
    ref,
    before,
    after,
    repository: repository(),
    pusher: { name: 'pusher', email: 'pusher@example.com' },
    sender: { login: 'pusher', id: 1, type: 'User', site_admin: false },
    created: isZero(before),
    deleted: isZero(after),
    forced: !isZero(before) && !isZero(after) && !isAncestor(before, after),
    base_ref: null,
    compare: compareOf(change),
    commits,
    head_commit: headOf(after, commits),
  };
}

function handOver(payload) {
  return new Promise((resolve, reject) => {
    const sent = request(`${host}/_hook/${fullName}`, { method: 'POST', timeout: 10_000 }, (answer) => {
      answer.resume().on('end', resolve);
    });
    sent.on('timeout', () => sent.destroy(new Error('it does not answer')));
    sent.on('error', reject);
    sent.end(JSON.stringify(payload));
  });
}

for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const [before, after, ref] = line.split(' ');
  try {
    await handOver(payloadOf({ before, after, ref }));
  } catch (error) {
    process.stderr.write(`no webhook was sent for ${ref}: ${error.message}\n`);
  }
}
