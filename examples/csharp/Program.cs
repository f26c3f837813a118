// Finds a tag, reads newest values, and reads a series. Needs NATS_URL, CA_FILE, SEED_FILE and TOPIC.
using System.Text.Json;
using NATS.Client.Core;
using NATS.NKeys;

var timeout = TimeSpan.FromSeconds(30);
// The driver ends a request within its time budget; its last message may arrive a little later.
var margin = TimeSpan.FromSeconds(5);
string Setting(string name) => Environment.GetEnvironmentVariable(name) ?? throw new Exception($"{name} is not set.");

var topic = Setting("TOPIC");
var seed = File.ReadAllText(Setting("SEED_FILE")).Trim();
await using var connection = new NatsConnection(new NatsOpts
{
    Url = Setting("NATS_URL"),
    TlsOpts = new NatsTlsOpts { Mode = TlsMode.Require, CaFile = Setting("CA_FILE") },
    AuthOpts = new NatsAuthOpts { Seed = seed, NKey = KeyPair.FromSeed(seed).GetPublicKey() },
});

var found = await Ask("tagsearch", new { query = "Compressor Power", limit = 2 });
Console.WriteLine($"tagsearch: {found.Status}");
var tags = found.Items.Where(item => !Failed(item)).Select(item => item.GetProperty("fqn").GetString()!).ToArray();

// One name is wrong: the answer is partial, and the other items have their values.
var newest = await Ask("snapshot", new { items = tags.Append("seeq:plant-a/signal/nonsense") });
Console.WriteLine($"snapshot: {newest.Status}");
foreach (var item in newest.Items.OrderBy(Index))
{
    if (Failed(item)) Console.WriteLine($"  {Index(item)} {Text(item.GetProperty("error"))}");
    else
    {
        var unit = item.TryGetProperty("unit", out var text) ? text.GetString() : "";
        Console.WriteLine($"  {Index(item)} {item.GetProperty("value")} {unit} {item.GetProperty("status")}");
    }
}

// A long series arrives in several messages: its chunks have the same index.
var history = await Ask("discrete", new { items = tags[..1], start = "2026-01-01", end = "2026-01-08" });
Console.WriteLine($"discrete: {history.Status}, {history.Messages} messages");
foreach (var item in history.Items.Where(Failed)) Console.WriteLine($"  {Index(item)} {Text(item.GetProperty("error"))}");
foreach (var series in history.Items.Where(item => !Failed(item)).GroupBy(Index))
    Console.WriteLine($"  {series.Key} {series.Sum(chunk => chunk.GetProperty("times").GetArrayLength())} samples");

// A request that is wrong as a whole.
var wrong = await Ask("discrete", new { items = tags, start = "2026-01-08", end = "2026-01-01" });
Console.WriteLine($"discrete: {wrong.Status}, {Text(wrong.Error!.Value)}");

static bool Failed(JsonElement item) => item.TryGetProperty("error", out _);
static int Index(JsonElement item) => item.GetProperty("index").GetInt32();
static string Text(JsonElement error) => $"{error.GetProperty("code")}: {error.GetProperty("message")}";

// Sends a request and joins the messages of its answer. An exception means that there is no whole answer; every
// function only reads, so the request can be sent again.
async Task<Answer> Ask(string function, object parameters)
{
    var request = new { function, @params = parameters, timeoutMs = (int)timeout.TotalMilliseconds };
    // Subscribe before the request is sent: the first message may arrive at once.
    var inbox = connection.NewInbox();
    await using var subscription = await connection.SubscribeCoreAsync<byte[]>(inbox);
    await connection.PublishAsync(topic, JsonSerializer.SerializeToUtf8Bytes(request), replyTo: inbox);
    var messages = new SortedDictionary<int, JsonElement>();
    int? last = null;
    while (last is null || messages.Count <= last)
    {
        using var silence = new CancellationTokenSource(timeout + margin);
        NatsMsg<byte[]> received;
        try
        {
            received = await subscription.Msgs.ReadAsync(silence.Token);
        }
        catch (OperationCanceledException)
        {
            throw new Exception("A message of the answer is missing. Send the request again.");
        }
        if (received.HasNoResponders) throw new Exception($"No driver listens on {topic}.");
        var message = JsonDocument.Parse(received.Data!).RootElement;
        var seq = message.GetProperty("seq").GetInt32();
        // After a broken connection a message may arrive twice: the first one counts.
        if (!messages.TryAdd(seq, message)) continue;
        if (message.GetProperty("last").GetBoolean()) last = seq;
    }
    // Status and error of the answer are those of its last message.
    var end = messages[last.Value];
    return new Answer(
        end.GetProperty("status").GetString()!,
        end.TryGetProperty("error", out var error) ? error : null,
        messages.Values.SelectMany(message => message.GetProperty("items").EnumerateArray()).ToList(),
        messages.Count);
}

record Answer(string Status, JsonElement? Error, List<JsonElement> Items, int Messages);
