package dev.lastword.gateway;

import dev.lastword.archive.Archive;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Streams;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list of streams as JSON, read page by page: in memory is a page, never the list. It goes from
 * newer to older ones, so that streams that begin meanwhile move nothing.
 */
final class ListSource implements PacedAnswer.Source {
  private static final int PAGE = 50;

  private final Streams streams;
  private final Exchange exchange;
  private final Owner owner;
  private final StreamQuery query;
  private @Nullable List<StreamView> page;
  private StreamQuery pageQuery;
  private int left;
  private boolean begun;
  private boolean over;

  /**
   * @param first what {@link #page} of the query gave
   */
  ListSource(
      Streams streams, Exchange exchange, Owner owner, StreamQuery query, List<StreamView> first) {
    this.streams = streams;
    this.exchange = exchange;
    this.owner = owner;
    this.query = query;
    this.pageQuery = page(query, query.before(), query.limit());
    this.page = first;
    this.left = query.limit();
  }

  /** The part of a query that is read at once. */
  static StreamQuery page(StreamQuery query, Archive.@Nullable Place before, int left) {
    return new StreamQuery(
        query.state(),
        query.outcome(),
        query.conversation(),
        query.saved(),
        before,
        Math.min(PAGE, left));
  }

  @Override
  public void next(PacedAnswer to) {
    if (over) {
      to.end();
    } else if (page != null) {
      give(page, to);
    } else {
      streams.list(owner, pageQuery, StreamsApi.answering(exchange, to, found -> give(found, to)));
    }
  }

  private void give(List<StreamView> views, PacedAnswer to) {
    page = null;
    left -= views.size();
    boolean more = views.size() == pageQuery.limit(); // of the journal and the archive, perhaps
    over = left == 0 || !more;
    if (!over) {
      pageQuery = page(query, StreamJson.placeOf(views.getLast()), left);
    }
    var json = StreamJson.part(views, !begun, over, more);
    begun = true;
    to.give(Unpooled.wrappedBuffer(json));
  }
}
