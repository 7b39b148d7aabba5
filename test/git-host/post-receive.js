// The post-receive hook of the test Git host (plain JavaScript: git starts it with whatever Node runs the host).
// Builds GitHub's push payload from the repository itself and hands it to the host, which signs and delivers it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [host, fullName, id] = process.argv.slice(2);
const git = (...args) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 1 << 28 }).trim();
const isZero = (oid) => /^0+$/.test(oid);

function filesOf(commit) {
  const fields = git('diff-tree', '-r', '-z', '--root', '--no-commit-id', '--name-status', '--no-renames', commit).split('\0');
  const files = { added: [], modified: [], removed: [] };
  for (let at = 0; at + 1 < fields.length; at += 2) {
    files[{ A: 'added', D: 'removed' }[fields[at]] ?? 'modified'].push(fields[at + 1]);
  }
  return files;
}

function commitOf(oid) {
  const [tree, name, email, time, ...message] = git('show', '-s', '--format=%T%n%an%n%ae%n%aI%n%B', oid).split('\n');
  const person = { name, email };
  return { id: oid, tree_id: tree, distinct: true, message: message.join('\n').trim(), timestamp: time, author: person, committer: person, ...filesOf(oid) };
}

/** GitHub sends at most 2,048 commits, the newest. */
function commitsOf(before, after) {
  if (isZero(after)) return [];
  const range = isZero(before) ? ['--max-count=1', after] : ['--reverse', `${before}..${after}`];
  return git('rev-list', ...range).split('\n').filter(Boolean).slice(-2048).map(commitOf);
}

function isAncestor(before, after) {
  try {
    execFileSync('git', ['merge-base', '--is-ancestor', before, after], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const [before, after, ref] = line.split(' ');
  const name = fullName.split('/')[1];
  const payload = {
    ref,
    before,
    after,
    created: isZero(before),
    deleted: isZero(after),
    forced: !isZero(before) && !isZero(after) && !isAncestor(before, after),
    base_ref: null,
    compare: '',
    commits: commitsOf(before, after),
    head_commit: isZero(after) ? null : commitOf(git('rev-parse', `${after}^{commit}`)),
    repository: { id: Number(id), name, full_name: fullName, private: true, fork: false, default_branch: 'main', clone_url: `${host}/${fullName}.git` },
    pusher: { name: 'pusher', email: 'pusher@example.com' },
    sender: { login: 'pusher', id: 1 },
  };
  await fetch(`${host}/_hook/${fullName}`, { method: 'POST', body: JSON.stringify(payload) });
}
