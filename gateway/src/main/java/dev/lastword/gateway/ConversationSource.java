package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import dev.lastword.stream.Turn;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The turns of a conversation as JSON, oldest first: in memory is one turn, never all. */
final class ConversationSource implements PacedAnswer.Source {
  private static final Logger log = LoggerFactory.getLogger(ConversationSource.class);

  private final Streams streams;
  private final Exchange exchange;
  private final Owner owner;
  private final String key;
  private final List<StreamId> ids;
  private final ResponseBudget.Lease lease;
  private int next;
  private boolean begun;
  private boolean given;
  private boolean over;
  private @Nullable String running;

  /**
   * @param ids of the turns, oldest first
   * @param lease for the largest of them
   */
  ConversationSource(
      Streams streams,
      Exchange exchange,
      Owner owner,
      String key,
      List<StreamId> ids,
      ResponseBudget.Lease lease) {
    this.streams = streams;
    this.exchange = exchange;
    this.owner = owner;
    this.key = key;
    this.ids = ids;
    this.lease = lease;
  }

  @Override
  public void next(PacedAnswer to) {
    if (!begun) {
      begun = true;
      to.give(Unpooled.wrappedBuffer(StreamJson.conversationStart(key)));
    } else if (over) {
      to.end();
    } else if (next == ids.size()) {
      over = true;
      to.give(Unpooled.wrappedBuffer(StreamJson.conversationEnd(running)));
    } else {
      find(ids.get(next++), to);
    }
  }

  private void find(StreamId id, PacedAnswer to) {
    streams.find(
        owner,
        id,
        StreamsApi.answering(
            exchange,
            to,
            found -> found.ifPresentOrElse(stream -> assemble(stream.view(), to), () -> next(to))));
  }

  private void assemble(StreamView view, PacedAnswer to) {
    if (view.outcome() == null) {
      running = view.id().value();
    }
    streams.response(
        owner,
        view.id(),
        StreamsApi.answering(
            exchange,
            json -> give(StreamJson.turn(view, json.orElse("{}"), given), to),
            cause -> unread(view, cause, to)));
  }

  /** One turn that will never be readable is not the loss of the others. */
  private void unread(StreamView view, RuntimeException cause, PacedAnswer to) {
    log.error("api.turn_unreadable stream={}", view.id(), cause);
    Turn.whyUnreadable(cause)
        .ifPresentOrElse(why -> give(StreamJson.turnWithout(view, why, given), to), to::fail);
  }

  private void give(byte[] turn, PacedAnswer to) {
    given = true;
    to.give(Unpooled.wrappedBuffer(turn));
  }

  @Override
  public void close() {
    next = ids.size();
    lease.close();
  }
}
