/*
 * Each script runs `headgate complete`, and so has no list that could become out of date. If it prints nothing, the shell
 * completes file names, which are the values of options such as --config.
 */
export const SCRIPTS = {
  bash: `_headgate() {
  local IFS=$'\\n'
  COMPREPLY=($(headgate complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _headgate headgate
`,
  zsh: `#compdef headgate
_headgate() {
  local -a found
  found=(\${(f)"$(headgate complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( $#found )); then compadd -a found; else _files; fi
}
compdef _headgate headgate
`,
  fish: `function __headgate_complete
  set -l before (commandline -opc)
  set -l found (headgate complete -- $before[2..-1] (commandline -ct) 2>/dev/null)
  if count $found >/dev/null
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c headgate -f -a '(__headgate_complete)'
`,
} as const;

export type Shell = keyof typeof SCRIPTS;

export const SHELLS: readonly string[] = Object.keys(SCRIPTS);

export function isShell(name: string): name is Shell {
  return SHELLS.includes(name);
}
