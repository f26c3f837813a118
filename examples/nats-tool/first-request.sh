#!/bin/sh
# Finds a tag, reads newest values, and reads a series. Needs NATS_URL, CA_FILE, SEED_FILE and TOPIC, and jq.
set -eu

# Sends a request. The tool collects messages until none has arrived for about two seconds; jq puts them in order, drops
# those that arrived twice, and fails if one is missing. Without templates, "{{" in a body is text.
ask() {
  nats --server "$NATS_URL" --tlsca "$CA_FILE" --nkey "$SEED_FILE" --timeout 30s \
    request --raw --no-templates --replies 1000000 --reply-timeout 2s "$TOPIC" "$1" |
    jq -s 'unique_by(.seq) |
      if length == 0 then error("No driver answers. Send the request again later.")
      elif .[-1].last != true or length != .[-1].seq + 1
      then error("A message of the answer is missing. Send the request again.")
      else { status: .[-1].status, error: .[-1].error, items: map(.items[]), messages: length } end'
}

found=$(ask '{"function": "tagsearch", "params": {"query": "Compressor Power", "limit": 2}}')
echo "$found" | jq -r '"tagsearch: \(.status)"'
tags=$(echo "$found" | jq -c '[.items[] | select(.error == null) | .fqn]')

# One name is wrong: the answer is partial, and the other items have their values.
request=$(jq -cn --argjson tags "$tags" '{function: "snapshot", params: {items: ($tags + ["seeq:plant-a/signal/nonsense"])}}')
ask "$request" | jq -r '"snapshot: \(.status)", (.items | sort_by(.index)[] |
  if .error then "  \(.index) \(.error.code): \(.error.message)" else "  \(.index) \(.value) \(.unit // "") \(.status)" end)'

# A long series arrives in several messages: its chunks have the same index.
request=$(jq -cn --argjson tags "$tags" \
  '{function: "discrete", params: {items: $tags[:1], start: "2026-01-01", end: "2026-01-08"}}')
ask "$request" | jq -r '"discrete: \(.status), \(.messages) messages", (.items | group_by(.index)[] |
  "  \(.[0].index) \(map(.times | length) | add) samples")'

# A request that is wrong as a whole.
request=$(jq -cn --argjson tags "$tags" \
  '{function: "discrete", params: {items: $tags, start: "2026-01-08", end: "2026-01-01"}}')
ask "$request" | jq -r '"discrete: \(.status), \(.error.code): \(.error.message)"'
