# Completion of the programs of rmibus in bash. -*- sh -*-
#
# The programs know the candidates: names and methods come live from the broker, and nothing comes
# when there is none.

# Fills `words` with the words after the program up to the cursor, and `kept` with the part of the
# last one that bash does not replace: it splits words at : and =.
_rmi_read_line() {
  local i word glue=0
  words=() kept=''
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((${#words[@]})) && { ((glue)) || [[ $word == [:=]* ]]; }; then
      kept=${words[-1]}
      words[-1]+=$word
    else
      kept=''
      words+=("$word")
    fi
    glue=0
    if [[ $word == *[:=] ]]; then
      glue=1
      kept=${words[-1]}
    fi
  done
  for i in "${!words[@]}"; do  # as the program would get them
    word=${words[i]//\\/}
    words[i]=${word#[\"\']}
    if ((i + 1 < ${#words[@]})); then words[i]=${words[i]%[\"\']}; fi
  done
}

_rmi_complete() {
  local -a words
  local kept line
  _rmi_read_line
  COMPREPLY=()
  while IFS= read -r line; do
    line=${line%%$'\t'*}
    line=${line#"$kept"}
    if [[ -n $line ]]; then COMPREPLY+=("$(printf '%q' "$line")"); fi
  done < <("$1" --complete "${words[@]}" 2>/dev/null </dev/null)
}

# Programs whose other words are files: their options are those that --help shows.
_rmi_complete_options() {
  local option
  COMPREPLY=()
  if [[ $2 != -* ]]; then return; fi
  while IFS= read -r option; do
    if [[ $option == "$2"* ]]; then COMPREPLY+=("$option"); fi
  done < <("$1" --help 2>/dev/null </dev/null |
    grep -oE -- '(^|[ ,])--[a-z][a-z-]*' | grep -oE -- '--.*')
}

complete -F _rmi_complete rmi-call rmi-ns rmi-bench
complete -o default -F _rmi_complete rmi-keys
complete -o default -F _rmi_complete_options rmi-broker rmi-echo rmi-serve
