/** The scripts that connect the completion of a shell with the hidden command. */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The hidden command that prints the candidates, one a line, each with an optional description after a tab. */
export const COMPLETE = '__complete';

/** The only line of an answer that asks the shell to complete the names of files. */
export const FILES = ':files';

const bash = `# bash completion for iota-seeqdrv. Load it with: source <(iota-seeqdrv completion bash)
_iota_seeqdrv() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == '${FILES}' ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(iota-seeqdrv ${COMPLETE} bash "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  # Names have blanks, which this makes the shell quote.
  compopt -o filenames
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]]; then compopt -o nospace; fi
}
complete -F _iota_seeqdrv iota-seeqdrv`;

const zsh = `#compdef iota-seeqdrv
# zsh completion for iota-seeqdrv. Load it with: source <(iota-seeqdrv completion zsh)
_iota_seeqdrv() {
  local line
  local -a names parents
  for line in "\${(@f)$(iota-seeqdrv ${COMPLETE} zsh "\${(@Q)words[1,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == '${FILES}' ]]; then
      _files
      return
    fi
    line="\${line%%$'\\t'*}"
    if [[ $line == */ ]]; then parents+=("$line"); elif [[ -n $line ]]; then names+=("$line"); fi
  done
  (( \${#parents} )) && compadd -S '' -a parents
  (( \${#names} )) && compadd -a names
}
compdef _iota_seeqdrv iota-seeqdrv`;

const fish = `# fish completion for iota-seeqdrv. Load it with: iota-seeqdrv completion fish | source
function __iota_seeqdrv_complete
  set -l current (commandline -ct)
  for line in (iota-seeqdrv ${COMPLETE} fish (commandline -opc) (string unescape -- $current; or echo -- $current) 2>/dev/null)
    if test "$line" = '${FILES}'
      __fish_complete_path "$current"
    else
      echo -- $line
    end
  end
end
complete -c iota-seeqdrv -f -a '(__iota_seeqdrv_complete)'`;

export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
