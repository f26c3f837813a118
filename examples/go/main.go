// Finds a tag, reads newest values, and reads a series. Needs NATS_URL, CA_FILE, SEED_FILE and TOPIC.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

const timeout = 30 * time.Second

// The driver ends a request within its time budget; its last message may arrive a little later.
const margin = 5 * time.Second

type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// item has the members of a value, of a chunk of a series, and of a failed item.
type item struct {
	Index  int      `json:"index"`
	FQN    string   `json:"fqn"`
	Value  any      `json:"value"`
	Unit   string   `json:"unit"`
	Status string   `json:"status"`
	Times  []string `json:"times"`
	Values []any    `json:"values"`
	Error  *failure `json:"error"`
}

type message struct {
	Seq    int      `json:"seq"`
	Last   bool     `json:"last"`
	Status string   `json:"status"`
	Items  []item   `json:"items"`
	Error  *failure `json:"error"`
}

type answer struct {
	Status   string
	Error    *failure
	Items    []item
	Messages int
}

// ask sends a request and joins the messages of its answer. An error means that there is no whole answer; every
// function only reads, so the request can be sent again.
func ask(connection *nats.Conn, topic, function string, params map[string]any) (*answer, error) {
	request, err := json.Marshal(map[string]any{
		"function": function, "params": params, "timeoutMs": timeout.Milliseconds(),
	})
	if err != nil {
		return nil, err
	}
	// Subscribe before the request is sent: the first message may arrive at once.
	inbox := connection.NewInbox()
	subscription, err := connection.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = subscription.Unsubscribe() }()
	if err := connection.PublishRequest(topic, inbox, request); err != nil {
		return nil, err
	}
	messages := map[int]message{}
	last := -1
	for last < 0 || len(messages) <= last {
		received, err := subscription.NextMsg(timeout + margin)
		if errors.Is(err, nats.ErrTimeout) {
			return nil, errors.New("a message of the answer is missing: send the request again")
		}
		if err != nil {
			return nil, err
		}
		if received.Header.Get("Status") == "503" {
			return nil, fmt.Errorf("no driver listens on %s", topic)
		}
		var next message
		if err := json.Unmarshal(received.Data, &next); err != nil {
			return nil, err
		}
		// After a broken connection a message may arrive twice: the first one counts.
		if _, known := messages[next.Seq]; known {
			continue
		}
		messages[next.Seq] = next
		if next.Last {
			last = next.Seq
		}
	}
	// Status and error of the answer are those of its last message.
	joined := answer{Status: messages[last].Status, Error: messages[last].Error, Messages: last + 1}
	for seq := range last + 1 {
		joined.Items = append(joined.Items, messages[seq].Items...)
	}
	return &joined, nil
}

func main() {
	topic := os.Getenv("TOPIC")
	seed, err := nats.NkeyOptionFromSeed(os.Getenv("SEED_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	connection, err := nats.Connect(os.Getenv("NATS_URL"), nats.RootCAs(os.Getenv("CA_FILE")), seed)
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	must := func(function string, params map[string]any) *answer {
		found, err := ask(connection, topic, function, params)
		if err != nil {
			log.Fatalf("%s: %v", function, err)
		}
		return found
	}

	found := must("tagsearch", map[string]any{"query": "Compressor Power", "limit": 2})
	fmt.Printf("tagsearch: %s\n", found.Status)
	var tags []string
	for _, tag := range found.Items {
		if tag.Error == nil {
			tags = append(tags, tag.FQN)
		}
	}

	// One name is wrong: the answer is partial, and the other items have their values.
	newest := must("snapshot", map[string]any{"items": append(slices.Clone(tags), "seeq:plant-a/signal/nonsense")})
	fmt.Printf("snapshot: %s\n", newest.Status)
	slices.SortFunc(newest.Items, func(a, b item) int { return a.Index - b.Index })
	for _, one := range newest.Items {
		if one.Error != nil {
			fmt.Printf("  %d %s: %s\n", one.Index, one.Error.Code, one.Error.Message)
		} else {
			fmt.Printf("  %d %v %s %s\n", one.Index, one.Value, one.Unit, one.Status)
		}
	}

	// A long series arrives in several messages: its chunks have the same index.
	history := must("discrete", map[string]any{"items": tags[:1], "start": "2026-01-01", "end": "2026-01-08"})
	fmt.Printf("discrete: %s, %d messages\n", history.Status, history.Messages)
	samples := map[int]int{}
	for _, chunk := range history.Items {
		if chunk.Error != nil {
			fmt.Printf("  %d %s: %s\n", chunk.Index, chunk.Error.Code, chunk.Error.Message)
		} else {
			samples[chunk.Index] += len(chunk.Times)
		}
	}
	for index, count := range samples {
		fmt.Printf("  %d %d samples\n", index, count)
	}

	// A request that is wrong as a whole.
	wrong := must("discrete", map[string]any{"items": tags, "start": "2026-01-08", "end": "2026-01-01"})
	fmt.Printf("discrete: %s, %s: %s\n", wrong.Status, wrong.Error.Code, wrong.Error.Message)
}
