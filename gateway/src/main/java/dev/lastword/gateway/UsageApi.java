package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.archive.UsageQuery;
import dev.lastword.archive.UsageQuery.By;
import dev.lastword.archive.UsageSum;
import dev.lastword.gateway.StreamOrder.MalformedException;
import dev.lastword.stream.Streams;
import io.netty.buffer.Unpooled;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code GET /api/usage}: what responses took, summed up from the ledger, as JSON or CSV. */
final class UsageApi {
  private static final int GROUPS_MAX = UsageQuery.LIMIT_MAX - 1;
  private static final String TIME =
      "a day such as 2026-11-29, or a time such as 2026-11-29T08:00:00Z, from 1970 to 9999";
  private static final long MS_MAX = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();

  private final Streams streams;

  UsageApi(Streams streams) {
    this.streams = streams;
  }

  void handle(Exchange exchange, Asker asker) {
    var head = exchange.request();
    try {
      boolean csv = csv(head);
      var query = query(head);
      if (query.fromMs() != null && query.toMs() != null && query.toMs() <= query.fromMs()) {
        throw new MalformedException(
            "to", "later than from: it is the first moment that does not count");
      }
      streams.usage(
          asker.owner(),
          query,
          StreamsApi.answering(
              exchange,
              sums -> answer(exchange, query, sums, csv),
              cause -> StreamsApi.unreadable(cause).send(exchange)));
    } catch (MalformedException e) {
      e.problem().send(exchange);
    }
  }

  private static UsageQuery query(RequestHead head) throws MalformedException {
    return new UsageQuery(
        by(head.queryParameter("by")),
        null,
        ms("from", head),
        ms("to", head),
        UsageQuery.LIMIT_MAX);
  }

  /**
   * Answers a request with what several ledgers have answered to it together.
   *
   * @param answers of each, in JSON
   */
  static void answerAll(Exchange exchange, List<byte[]> answers) {
    try {
      var query = query(exchange.request());
      var words = query.by().stream().map(By::word).toList();
      var sums = new TreeMap<List<Optional<String>>, UsageSum>(UsageApi::compare);
      for (var answer : answers) {
        for (var sum : Merged.sums(answer, words)) {
          sums.merge(sum.group(), sum, UsageApi::together);
        }
      }
      answer(exchange, query, List.copyOf(sums.values()), csv(exchange.request()));
    } catch (MalformedException e) {
      e.problem().send(exchange);
    }
  }

  /** As ledgers order them: by one name after the other, those without one first. */
  private static int compare(List<Optional<String>> one, List<Optional<String>> other) {
    for (int i = 0; i < one.size(); i++) {
      int order =
          Comparator.comparing(Optional<String>::isPresent)
              .thenComparing(name -> name.orElse(""))
              .compare(one.get(i), other.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  static UsageSum together(UsageSum one, UsageSum other) {
    return new UsageSum(
        one.group(),
        sum(one.responses(), other.responses()),
        sum(one.unknown(), other.unknown()),
        sum(one.tokensIn(), other.tokensIn()),
        sum(one.tokensOut(), other.tokensOut()),
        sum(one.tokensCached(), other.tokensCached()),
        sum(one.tokensReasoning(), other.tokensReasoning()));
  }

  /** At most what a long holds, as each ledger sums up: upstreams may say anything. */
  private static long sum(long one, long other) {
    long sum = one + other;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }

  private static boolean csv(RequestHead head) throws MalformedException {
    var format = head.queryParameter("format");
    if (format == null) {
      return head.headers().get("accept", "").contains("text/csv");
    }
    if (!format.equals("csv") && !format.equals("json")) {
      throw new MalformedException("format", "json or csv");
    }
    return format.equals("csv");
  }

  private static List<By> by(@Nullable String words) throws MalformedException {
    var by = new ArrayList<By>();
    for (var word : (words == null ? "" : words).split(",", -1)) {
      if (word.isEmpty() && (words == null || words.isEmpty())) {
        continue;
      }
      var found = Arrays.stream(By.values()).filter(one -> one.word().equals(word)).findFirst();
      if (found.isEmpty() || by.contains(found.get())) {
        throw new MalformedException(
            "by", "some of " + choices() + ", each once, with commas between");
      }
      by.add(found.get());
    }
    return by;
  }

  private static String choices() {
    return Arrays.stream(By.values()).map(By::word).collect(Collectors.joining(", "));
  }

  private static @Nullable Long ms(String name, RequestHead head) throws MalformedException {
    var text = head.queryParameter(name);
    if (text == null || text.isEmpty()) {
      return null;
    }
    try {
      // A plus sign that stands as it is in a query is a space.
      long ms =
          text.length() == 10
              ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli()
              : OffsetDateTime.parse(text.replace(' ', '+')).toInstant().toEpochMilli();
      if (ms >= 0 && ms <= MS_MAX) {
        return ms;
      }
    } catch (DateTimeException | ArithmeticException e) {
      // said below
    }
    throw new MalformedException(name, TIME);
  }

  private static void answer(
      Exchange exchange, UsageQuery query, List<UsageSum> sums, boolean csv) {
    if (sums.size() > GROUPS_MAX) {
      // An invoice of which a part is missing would look like a whole one.
      Problem.of(
              422,
              "too_many_groups",
              "there are more groups than one answer holds; ask for less of the time, or by less")
          .member("field", "by")
          .member("limit", GROUPS_MAX)
          .send(exchange);
    } else if (csv) {
      exchange.respond(
          200,
          OwnHeaders.of("text/csv; charset=utf-8; header=present"),
          Unpooled.wrappedBuffer(csv(query.by(), sums).getBytes(UTF_8)));
    } else {
      StreamsApi.ok(exchange, 200, json(query, sums));
    }
  }

  private static byte[] json(UsageQuery query, List<UsageSum> sums) {
    return Json.bytes(
        out -> {
          out.writeStartObject();
          out.writeStringProperty("from", time(query.fromMs()));
          out.writeStringProperty("to", time(query.toMs()));
          out.writeArrayPropertyStart("usage");
          for (var sum : sums) {
            out.writeStartObject();
            for (int i = 0; i < query.by().size(); i++) {
              out.writeStringProperty(query.by().get(i).word(), sum.group().get(i).orElse(null));
            }
            out.writeNumberProperty("responses", sum.responses());
            out.writeNumberProperty("unknown", sum.unknown());
            out.writeNumberProperty("tokensIn", sum.tokensIn());
            out.writeNumberProperty("tokensOut", sum.tokensOut());
            out.writeNumberProperty("tokensCached", sum.tokensCached());
            out.writeNumberProperty("tokensReasoning", sum.tokensReasoning());
            out.writeEndObject();
          }
          out.writeEndArray();
          out.writeEndObject();
        });
  }

  private static @Nullable String time(@Nullable Long ms) {
    return ms == null ? null : Instant.ofEpochMilli(ms).toString();
  }

  /** RFC 4180, the first line names the columns. */
  private static String csv(List<By> by, List<UsageSum> sums) {
    var csv = new StringBuilder();
    for (var one : by) {
      csv.append(one.word()).append(',');
    }
    csv.append("responses,unknown,tokens_in,tokens_out,tokens_cached,tokens_reasoning\r\n");
    for (var sum : sums) {
      for (var name : sum.group()) {
        csv.append(field(name)).append(',');
      }
      csv.append(sum.responses()).append(',').append(sum.unknown()).append(',');
      csv.append(sum.tokensIn()).append(',').append(sum.tokensOut()).append(',');
      csv.append(sum.tokensCached()).append(',').append(sum.tokensReasoning()).append("\r\n");
    }
    return csv.toString();
  }

  /**
   * A name as a field: quoted where it has to be, and never what a spreadsheet takes for a formula,
   * since models are named by those who ask.
   */
  private static String field(Optional<String> name) {
    var text = name.orElse("");
    if (!text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0) {
      text = "'" + text;
    }
    return text.chars().anyMatch(c -> "\",\r\n".indexOf(c) >= 0)
        ? '"' + text.replace("\"", "\"\"") + '"'
        : text;
  }
}
