#!/usr/bin/env bash
# Post the comment that review.sh wrote on the pull request, or update the one that is there.
#
# Reads RUNNER_TEMP, GITHUB_REPOSITORY, PULL_REQUEST, and GH_TOKEN for `gh`. A token that may not
# write, as on a pull request from a fork, is a warning: the job summary has the same text.
set -euo pipefail

comment="$RUNNER_TEMP/stepguard/comment.md"
log="$RUNNER_TEMP/stepguard/gh.log"
comments="repos/$GITHUB_REPOSITORY/issues"
# Only a bot's: anybody may write a comment that begins with the marker.
ours='.[] | select(.user.type == "Bot" and (.body | startswith("<!-- stepguard-review -->"))) | .id'

give_up() {
  echo "::warning title=stepguard::The comment could not be written; see the job summary."
  exit 0
}

found=$(gh api --paginate "$comments/$PULL_REQUEST/comments?per_page=100" --jq "$ours" 2>"$log") \
  || give_up
first=${found%%$'\n'*}
if [[ -n "$first" ]]; then
  gh api --method PATCH "$comments/comments/$first" -F "body=@$comment" >"$log" 2>&1 || give_up
else
  gh api --method POST "$comments/$PULL_REQUEST/comments" -F "body=@$comment" >"$log" 2>&1 \
    || give_up
fi
