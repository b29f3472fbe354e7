package dev.lastword.gateway;

import dev.lastword.archive.Archive;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers one request for a conversation: collects which turns it has, newest first and page by
 * page, and then gives them out one at a time, oldest first. What is collected of a turn is its id
 * and how far it has come; that is its version, too, so that a client that asks again and again is
 * told in a few bytes that nothing has changed.
 */
final class Conversation {
  private static final int TURNS_MAX = 1_000;
  private static final int PAGE = 50;

  /** Memory for each byte of the events of a turn, as in {@link StreamsApi}, and its JSON. */
  private static final int COST = 6;

  private static final int COST_MIN = 1 << 20;

  private final Streams streams;
  private final ResponseBudget budget;
  private final Exchange exchange;
  private final Owner owner;
  private final String key;
  private final List<StreamId> newestFirst = new ArrayList<>();
  private long version = 1;
  private long bytesMax;

  Conversation(Streams streams, ResponseBudget budget, Exchange exchange, Owner owner, String key) {
    this.streams = streams;
    this.budget = budget;
    this.exchange = exchange;
    this.owner = owner;
    this.key = key;
  }

  void collect() {
    collect(null);
  }

  private void collect(Archive.@Nullable Place before) {
    var page = new StreamQuery(null, null, key, null, before, PAGE);
    streams.list(
        owner,
        page,
        StreamsApi.answering(
            exchange, this::collected, cause -> StreamsApi.unreadable(cause).send(exchange)));
  }

  private void collected(List<StreamView> views) {
    for (var view : views) {
      newestFirst.add(view.id());
      version = 31 * version + view.id().hashCode();
      version = 31 * version + view.events();
      version = 31 * version + view.state().hashCode();
      bytesMax = Math.max(bytesMax, view.bytes());
    }
    if (views.size() == PAGE && newestFirst.size() < TURNS_MAX) {
      collect(StreamJson.placeOf(views.getLast()));
    } else {
      answer();
    }
  }

  private void answer() {
    if (exchange.gone()) {
      return;
    }
    var tag = "W/\"" + Long.toHexString(version) + "-" + newestFirst.size() + "\"";
    var headers = OwnHeaders.of("application/json");
    headers.set(HttpHeaderNames.ETAG, tag);
    if (exchange.request().headers().get(HttpHeaderNames.IF_NONE_MATCH, "").contains(tag)) {
      headers.remove(HttpHeaderNames.CONTENT_TYPE);
      exchange.start(304, headers);
      exchange.end();
      return;
    }
    budget
        .take(Math.max(COST_MIN, COST * bytesMax))
        .ifPresentOrElse(
            lease ->
                PacedAnswer.start(
                    exchange,
                    headers,
                    new ConversationSource(
                        streams, exchange, owner, key, newestFirst.reversed(), lease)),
            () -> budget.refusal().send(exchange));
  }
}
