#!/bin/sh
# What a telephony gateway posts while somebody answers by keys, step by step, with curl.
#   ASCOLTO=http://127.0.0.1:8080 SITE=st_… TOKEN=it_… sh call.sh
set -eu

survey=${SURVEY:-post-service}
address="$ASCOLTO/v1/sites/$SITE/ivr/"
call=CA$(date +%s)$$

# One step: what was pressed (nothing at the beginning), posted to where the last answer said.
step() {
  curl --silent --show-error --fail --user "gateway:$TOKEN" \
    --data-urlencode "CallSid=$call" --data-urlencode "From=+390000000000" ${2:+--data-urlencode "Digits=$2"} \
    "$address$1"
}

# The address of the next step, out of the answer.
next() {
  sed -n 's/.* action="\([^"]*\)".*/\1/p' | sed 's/&amp;/\&/g'
}

answer=$(step "$survey?service=anagrafe")
for digits in "$@"; do
  echo "$answer"
  answer=$(step "$(echo "$answer" | next)" "$digits")
done
echo "$answer"
