#!/usr/bin/env bash
# Review a plan, a change since STEPGUARD_BASE, or scan; write the job summary, comment and SARIF.
#
# Reads STEPGUARD_{PATHS,PLAN,SOURCE,BASE,FAIL_ON,STRICT}, RUNNER_TEMP, GITHUB_OUTPUT and
# GITHUB_STEP_SUMMARY. Ends with 0 and leaves the verdict as the output `exit-code`, so that the
# comment and the upload come before the job fails.
set -euo pipefail

reports="$RUNNER_TEMP/stepguard"
mkdir -p "$reports"
rm -f "$reports/comment.md" "$reports/stepguard.sarif"

options=(--fail-on "${STEPGUARD_FAIL_ON:-medium}")
if [[ "${STEPGUARD_STRICT:-false}" == true ]]; then
  options+=(--strict)
fi
paths=()
while IFS= read -r path; do
  if [[ -n "$path" ]]; then
    paths+=("$path")
  fi
done <<<"${STEPGUARD_PATHS:-.}"

if [[ -n "${STEPGUARD_PLAN:-}" ]]; then
  command=(review)
  paths=("$STEPGUARD_PLAN")
  if [[ -n "${STEPGUARD_SOURCE:-}" ]]; then
    # Modules may lie beside the directory, anywhere in the checkout.
    options+=("--source=$STEPGUARD_SOURCE" --root=.)
  fi
elif [[ -n "${STEPGUARD_BASE:-}" ]]; then
  command=(review "--base=$STEPGUARD_BASE")
else
  command=(scan)
fi

# What a file's name says must not reach the runner as a command.
silence="stepguard-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
echo "::stop-commands::$silence"
verdict=0
stepguard "${command[@]}" "${options[@]}" --format markdown --output "$reports/comment.md" \
  -- "${paths[@]}" || verdict=$?
stepguard "${command[@]}" "${options[@]}" --format code-scanning \
  --output "$reports/stepguard.sarif" -- "${paths[@]}" >"$reports/log" 2>&1 || second=$?
stepguard "${command[@]}" "${options[@]}" -- "${paths[@]}" 2>"$reports/log" || third=$?
echo "::$silence::"
# A run that gave another answer than the first is no verdict to trust.
if [[ "${second:-0}" != "$verdict" || "${third:-0}" != "$verdict" ]]; then
  verdict=2
fi

if [[ ! -s "$reports/comment.md" ]]; then
  printf '%s\n' '<!-- stepguard-review -->' \
    'stepguard could not read its input or was used wrongly: the log of the job says why.' \
    >"$reports/comment.md"
fi
cat "$reports/comment.md" >>"$GITHUB_STEP_SUMMARY"
echo "exit-code=$verdict" >>"$GITHUB_OUTPUT"
