package dev.lastword.gateway;

import dev.lastword.archive.Archive;
import dev.lastword.archive.UsageSum;
import dev.lastword.journal.StreamId;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * Makes one answer of those of several shards, as one that has all would give it. A list says which
 * shards are missing in it; what would look whole without them is refused.
 */
final class Merged {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNestingDepth(10_000)
                  .build())
          .build();

  private Merged() {}

  /**
   * A stream, or a turn, as a shard has written it.
   *
   * @param createdMs 0 if it does not say
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Item(long createdMs, String id, byte[] json) {
    static final Comparator<Item> OLDEST_FIRST =
        Comparator.comparingLong(Item::createdMs).thenComparing(Item::id);
  }

  /**
   * An answer that lists something.
   *
   * @param said the text behind the list: where the next page begins, or what runs
   */
  private record Listed(List<Item> items, @Nullable String said) {}

  // --- requests

  /** The same request for usage, answered in JSON. */
  static RequestHead inJson(RequestHead head) {
    var target = head.targetWithout("format");
    return head.with(
        target + (target.contains("?") ? "&" : "?") + "format=json", whole(head).headers());
  }

  /** The same request, of which a part is never unchanged. */
  static RequestHead whole(RequestHead head) {
    var headers = new DefaultHttpHeaders();
    headers.add(head.headers());
    headers.remove(HttpHeaderNames.IF_NONE_MATCH);
    return head.with(head.target(), headers);
  }

  // --- answers

  /** {@code GET /api/streams}: newest first, of whoever can answer now. */
  static void list(Exchange exchange, RequestHead head, Gathering.Gathered all) {
    var gathered = all.ofThoseThatCan();
    if (refused(exchange, gathered)) {
      return;
    }
    var pages = gathered.answers().stream().map(it -> read(it.body(), "streams", "id")).toList();
    int limit = StreamsApi.limit(head.queryParameter("limit"));
    var streams =
        pages.stream()
            .flatMap(page -> page.items().stream())
            .sorted(Item.OLDEST_FIRST.reversed())
            .toList();
    boolean more = streams.size() > limit || pages.stream().anyMatch(page -> page.said() != null);
    var shown = streams.subList(0, Math.min(limit, streams.size()));
    var next = more && !shown.isEmpty() ? '"' + placeOf(shown.getLast()) + '"' : "null";
    send(exchange, gathered, joined("{\"streams\":[", shown, "],\"next\":" + next + "}"));
  }

  private static String placeOf(Item item) {
    return StreamJson.textOf(new Archive.Place(item.createdMs(), new StreamId(item.id())));
  }

  /** {@code GET /api/conversations/KEY}: oldest turn first. */
  static void conversation(Exchange exchange, Gathering.Gathered gathered) {
    if (refused(exchange, gathered) || incomplete(exchange, gathered)) {
      return;
    }
    var tag = tagOf(gathered);
    var headers = OwnHeaders.of("application/json");
    headers.set(HttpHeaderNames.ETAG, tag);
    if (exchange.request().headers().get(HttpHeaderNames.IF_NONE_MATCH, "").contains(tag)) {
      headers.remove(HttpHeaderNames.CONTENT_TYPE);
      exchange.start(304, headers);
      exchange.end();
      return;
    }
    var parts = gathered.answers().stream().map(it -> read(it.body(), "turns", "stream")).toList();
    var turns =
        parts.stream().flatMap(part -> part.items().stream()).sorted(Item.OLDEST_FIRST).toList();
    var running = runs(turns, parts);
    var first = gathered.answers().getFirst().body();
    exchange.respond(
        200,
        headers,
        Unpooled.wrappedBuffer(
            joined(
                beginning(first),
                turns,
                "],\"running\":" + (running.isEmpty() ? "null" : '"' + running + '"') + "}")));
  }

  /** The newest turn that runs; empty for none. */
  private static String runs(List<Item> turns, List<Listed> parts) {
    var running = parts.stream().map(Listed::said).filter(id -> id != null).toList();
    return turns.reversed().stream().map(Item::id).filter(running::contains).findFirst().orElse("");
  }

  /** What stands before the first turn, which every shard says alike. */
  private static String beginning(byte[] json) {
    var text = new String(json, StandardCharsets.UTF_8);
    var mark = "\"turns\":[";
    return text.substring(0, text.indexOf(mark) + mark.length());
  }

  private static String tagOf(Gathering.Gathered gathered) {
    var tags =
        gathered.answers().stream()
            .map(it -> it.headers().get(HttpHeaderNames.ETAG, "") + it.shard())
            .collect(Collectors.joining());
    return "W/\"" + Hmac.text(12, new byte[1], tags) + "\"";
  }

  /** {@code DELETE /api/conversations/KEY}: deleted where it was, and refused by nobody. */
  static void deletion(Exchange exchange, Gathering.Gathered gathered) {
    if (incomplete(exchange, gathered)) {
      return;
    }
    var answers = gathered.answers();
    var refusal =
        answers.stream().filter(it -> it.status() != 204 && it.status() != 404).findFirst();
    var deleted = answers.stream().filter(it -> it.status() == 204).findFirst();
    pass(exchange, refusal.or(() -> deleted).orElseGet(answers::getFirst));
  }

  /** {@code GET /api/usage}. */
  static void usage(Exchange exchange, Gathering.Gathered gathered) {
    if (!refused(exchange, gathered) && !incomplete(exchange, gathered)) {
      UsageApi.answerAll(
          exchange, gathered.answers().stream().map(Gathering.Answer::body).toList());
    }
  }

  /** What is asked is refused by whoever has answered otherwise than with it. */
  private static boolean refused(Exchange exchange, Gathering.Gathered gathered) {
    var refusal = gathered.answers().stream().filter(it -> it.status() != 200).findFirst();
    refusal.ifPresent(it -> pass(exchange, it));
    if (refusal.isEmpty() && gathered.answers().isEmpty()) {
      unreachable(gathered).send(exchange);
      return true;
    }
    return refusal.isPresent();
  }

  /** A part of what looks like a whole is no answer. */
  private static boolean incomplete(Exchange exchange, Gathering.Gathered gathered) {
    if (gathered.unreachable().isEmpty()) {
      return false;
    }
    unreachable(gathered).send(exchange);
    return true;
  }

  /** What is answered where it depends on shards that nobody answers for. */
  static Problem unreachable(Gathering.Gathered gathered) {
    return Problem.unavailable(
            "shards_unreachable",
            "nodes do not answer for a part of the streams; others take them over in seconds")
        .member("shards", gathered.unreachableText());
  }

  private static void pass(Exchange exchange, Gathering.Answer answer) {
    var headers = new DefaultHttpHeaders();
    headers.add(answer.headers());
    headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    if (answer.status() == 204 || answer.status() == 304) {
      exchange.start(answer.status(), headers);
      exchange.end();
    } else {
      exchange.respond(answer.status(), headers, Unpooled.wrappedBuffer(answer.body()));
    }
  }

  private static void send(Exchange exchange, Gathering.Gathered gathered, byte[] json) {
    var headers = OwnHeaders.of("application/json");
    if (!gathered.unreachable().isEmpty()) {
      headers.set(Front.MISSING, gathered.unreachableText());
    }
    exchange.respond(200, headers, Unpooled.wrappedBuffer(json));
  }

  private static byte[] joined(String before, List<Item> items, String after) {
    var out = new ByteArrayOutputStream(1_024);
    out.writeBytes(before.getBytes(StandardCharsets.UTF_8));
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        out.write(',');
      }
      out.writeBytes(items.get(i).json());
    }
    out.writeBytes(after.getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  // --- reading

  /** Reads a list, each item as it stands there. */
  private static Listed read(byte[] json, String list, String idName) {
    var items = new ArrayList<Item>();
    String said = null;
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        var value = parser.nextToken();
        if (name.equals(list)) {
          while (parser.nextToken() == JsonToken.START_OBJECT) {
            items.add(item(parser, json, idName));
          }
        } else if ((name.equals("next") || name.equals("running"))
            && value == JsonToken.VALUE_STRING) {
          said = parser.getString();
        } else {
          parser.skipChildren();
        }
      }
      return new Listed(items, said);
    } catch (JacksonException e) {
      throw new IllegalStateException("a node's answer is no list of " + list, e);
    }
  }

  private static Item item(JsonParser parser, byte[] json, String idName) {
    int from = (int) parser.currentTokenLocation().getByteOffset();
    String id = "";
    long createdMs = 0;
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var name = parser.currentName();
      boolean text = parser.nextToken() == JsonToken.VALUE_STRING;
      if (name.equals(idName) && text) {
        id = parser.getString();
      } else if (name.equals("created") && text) {
        createdMs = Instant.parse(parser.getString()).toEpochMilli();
      } else {
        parser.skipChildren();
      }
    }
    int to = (int) parser.currentLocation().getByteOffset();
    return new Item(createdMs, id, Arrays.copyOfRange(json, from, to));
  }

  /** Sums of one shard as {@link UsageApi} has written them. */
  static List<UsageSum> sums(byte[] json, List<String> groups) {
    var sums = new ArrayList<UsageSum>();
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = parser.currentName();
        parser.nextToken();
        if (name.equals("usage")) {
          while (parser.nextToken() == JsonToken.START_OBJECT) {
            sums.add(sum(parser, groups));
          }
        } else {
          parser.skipChildren();
        }
      }
      return sums;
    } catch (JacksonException e) {
      throw new IllegalStateException("a node's answer is no usage", e);
    }
  }

  private static UsageSum sum(JsonParser parser, List<String> groups) {
    var group = new ArrayList<Optional<String>>();
    for (int i = 0; i < groups.size(); i++) {
      group.add(Optional.empty());
    }
    var numbers = new long[NUMBERS.size()];
    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
      var name = parser.currentName();
      var value = parser.nextToken();
      if (value == JsonToken.VALUE_STRING && groups.contains(name)) {
        group.set(groups.indexOf(name), Optional.of(parser.getString()));
      } else if (value == JsonToken.VALUE_NUMBER_INT && NUMBERS.contains(name)) {
        numbers[NUMBERS.indexOf(name)] = parser.getLongValue();
      }
    }
    return new UsageSum(
        List.copyOf(group), numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
  }

  private static final List<String> NUMBERS =
      List.of("responses", "unknown", "tokensIn", "tokensOut", "tokensCached", "tokensReasoning");
}
