#!/bin/sh
# Plans targets for a commit, for CI: plan.sh TARGET...
#
# Prints the plan of each target. Exits with 0 when every plan succeeds, whether or not it has changes, and with 1 when a
# push would be refused. Nothing is written to the cluster.
#
#   HEADGATE_REVISION  the full id of the commit, such as the tip of a pull request; default: HEAD
#   HEADGATE_CONFIG    the path of headgate.yml; default: headgate.yml
#   HEADGATE           the command; default: npx --yes headgate
set -u

revision=${HEADGATE_REVISION:-$(git rev-parse HEAD)} || exit 1
if [ "$#" -eq 0 ]; then
  echo 'plan.sh: name at least one target, such as: plan.sh shop-prod' >&2
  exit 64
fi

result=0
for target in "$@"; do
  echo "## $target at $revision"
  # The command can be several words.
  # shellcheck disable=SC2086
  ${HEADGATE:-npx --yes headgate} plan "$target" --revision "$revision"
  code=$?
  # 2: the plan has changes.
  [ "$code" -eq 0 ] || [ "$code" -eq 2 ] || result=1
done
exit "$result"
