/** A phrase of the old dialect, and the plain English to write instead. */
export interface Entry {
  readonly pattern: RegExp;
  readonly instead: string;
  /** A text that the pattern finds, and good English that it does not. */
  readonly bad: string;
  readonly good: string;
}

/** What keeps comments, messages, docs and test titles in plain American English. Spaces also match line breaks. */
export const WORD_LIST: readonly Entry[] = [
  {
    pattern: /\bmend(?:s|ed|ing)?\b/i,
    instead: 'fix',
    bad: 'Mend the path.',
    good: 'Amend the commit.',
  },
  {
    pattern: /\b(?:tells?|told|telling)\b/i,
    instead: 'report, show, log, distinguish',
    bad: 'the commit is told',
    good: 'the commit gets a status',
  },
  {
    pattern: /\bsaid\b/i,
    instead: 'reported, written, set',
    bad: 'when it is said to be insecure',
    good: 'when insecure is set',
  },
  {
    pattern: /\b(?:nobody|somebody|anybody)\b/i,
    instead: 'no …, a user, anyone, or the passive',
    bad: 'nobody says in which region',
    good: 'no AWS region is configured',
  },
  {
    pattern: /\b(?:whoever|whomever|whom|whosoever)\b/i,
    instead: 'anyone who, or name the actor',
    bad: 'whoever reads the state',
    good: 'anyone who reads the state',
  },
  { pattern: /\banew\b/i, instead: 'again', bad: 'is read anew', good: 'is read again, a new one is not' },
  { pattern: /\bamiss\b/i, instead: 'wrong', bad: 'something is amiss', good: 'a cache miss' },
  { pattern: /\bfor ever\b/i, instead: 'forever', bad: 'waits for ever', good: 'waits forever, for every target' },
  {
    pattern: /\bin vain\b/i,
    instead: 'without success',
    bad: 'was tried in vain',
    good: 'was retried without success',
  },
  { pattern: /\bin silence\b/i, instead: 'silently', bad: 'left out in silence', good: 'silently dropped' },
  {
    pattern:
      /\b(?:stands?|stood|standing) (?:there|here|at|beside|below|above|against|behind|between|on|in(?! for\b))\b/i,
    instead: 'is in, is at, is next to, exists',
    bad: 'what stands in the file',
    good: 'stands in for the repository; ~1 stands for a slash',
  },
  {
    pattern: /\b(?:lies?|lay|lying) (?:in|at|on|below|above|beside|outside|elsewhere|between)\b/i,
    instead: 'is in, is below, is outside',
    bad: 'a directory that it lies below',
    good: 'the problem lies deeper',
  },
  {
    pattern: /(?<!\bwhen it )\b(?:comes?|came|coming) to\b(?! an end\b)/i,
    instead: 'resolves to, results in, becomes',
    bad: 'comes to the name shop',
    good: 'when it comes to names; comes to an end',
  },
  {
    pattern: /(?<!\bthere )\b(?:is|are|was|were) no\b(?! (?:longer|more|less|fewer|later|earlier|different)\b)/i,
    instead: 'is not a, is not a valid',
    bad: 'is no name of a target',
    good: 'there is no target; it is no longer used',
  },
  {
    pattern:
      /\b(?:its|their|our|your|whose) (?:own |last )?words?\b|\blast words?\b|\bwithout a word\b|\b(?:has|have|had|keeps?) the word\b/i,
    instead: 'message, output, final status',
    bad: 'the commit gets its word',
    good: 'a word list; the next word',
  },
  {
    pattern: /\b(?:asks|asked|asking)\b/i,
    instead: 'requests, queries, reads, prompts for',
    bad: 'the cluster is asked',
    good: 'Ask the administrator; a basked file',
  },
  {
    pattern: /\b(?:goes|go|went|going|gone) on\b(?! to\b)/i,
    instead: 'continues, resumes',
    bad: 'killed anywhere, it goes on',
    good: 'the next run resumes, and goes on to prune',
  },
  {
    pattern:
      /\b(?:ends?|ended|goes|went|going|is|was|anything is) (?:well|badly)\b(?![- ](?:known|formed|tested|defined))|\bisWell\b/i,
    instead: 'succeeds, fails, is valid',
    bad: 'whether it ended well or not',
    good: 'is well known; tree-shakes badly',
  },
  {
    pattern: /\b(?:ours|theirs)\b/i,
    instead: 'managed by this target, Headgate’s, or name the owner',
    bad: 'it is there and not ours',
    good: 'our own pods, within hours',
  },
  {
    pattern: /\bof (?:its|their|our|your) own\b/i,
    instead: 'its own, a separate',
    bad: 'in a directory of its own',
    good: 'in its own directory',
  },
  {
    pattern: /\bwhat (?:is|was|are|were) there\b|\b(?:is|are|was|were) (?:not|no longer) there\b|\bit is there\b/i,
    instead: 'what exists, does not exist, already exists',
    bad: 'an anchor that is not there',
    good: 'is there a parent?',
  },
  {
    pattern: /\bany more\b(?! (?:than|of|\w+s)\b)/i,
    instead: 'no longer',
    bad: 'does not exist any more',
    good: 'without any more requests',
  },
  {
    pattern: /\b(?:second|next|every|each|without a|no) look\b/i,
    instead: 'check, sweep, read; confirm drift',
    bad: 'with the next look',
    good: 'with the next sweep; the next lookup',
  },
  {
    pattern: /\bmade by hand\b/i,
    instead: 'created manually',
    bad: 'an object that was made by hand',
    good: 'an object that was edited by hand',
  },
  {
    pattern: /\bmade targets?\b/i,
    instead: 'generated target',
    bad: 'a made target',
    good: 'a generated target',
  },
  { pattern: /\bDo it\?/, instead: 'Apply these changes?', bad: 'Do it? [y/N]', good: 'Apply these changes? [y/N]' },
];
