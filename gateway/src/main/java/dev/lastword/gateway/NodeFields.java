package dev.lastword.gateway;

import dev.lastword.cluster.Shard;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * What nodes say to each other in the fields of a request, beside what its client has said. No
 * client is believed in them, and no upstream is told them.
 */
final class NodeFields {
  /** The secret. Who sends it is a node, and has looked at who asks. */
  static final String NODE = "lastword-node";

  /** The shard that is meant: it is answered for here, or said not to be. */
  static final String SHARD = "lastword-node-shard";

  /** The client's address. */
  static final String FOR = "lastword-node-for";

  /** Asks only whether a request would be answered from what is here; in whose name. */
  static final String ASK = "lastword-node-ask";

  /** In whose name a request is answered, where its fields do not tell. */
  static final String AS = "lastword-node-as";

  /** That {@link #AS} names who asks at the address of administrators. */
  static final String ADMINISTRATOR = "administrator";

  /** Says in an answer that the shard is not here. */
  static final String ELSEWHERE = "lastword-node-elsewhere";

  private NodeFields() {}

  /** Takes out of a client's request what only nodes may say. */
  static void strip(HttpHeaders headers) {
    headers.remove(NODE);
    headers.remove(SHARD);
    headers.remove(FOR);
    headers.remove(ASK);
    headers.remove(AS);
  }

  /**
   * A request as the node is asked that has a shard: as it came, with the client's own credentials,
   * whose own fields of these names have been taken out. Where its body ends, and what nodes say,
   * is said here, whatever the client's {@code Connection} names: over a connection that nodes
   * keep, a body that is taken for the next request would be one of a node.
   */
  static HttpHeaders toNode(RequestHead head, Shard shard, String secret) {
    var out = RelayHeaders.ofHop(head.headers());
    head.askedByPeer()
        .ifPresent(
            asked ->
                out.set(
                    HttpHeaderNames.HOST,
                    asked.port() < 0 ? asked.host() : asked.host() + ":" + asked.port()));
    RelayHeaders.frame(out, head);
    for (var ours : List.of(ASK, AS)) {
      var said = head.headers().get(ours);
      if (said != null) {
        out.set(ours, said);
      }
    }
    out.set(NODE, secret);
    out.set(SHARD, Integer.toString(shard.number()));
    head.client().ifPresent(client -> out.set(FOR, text(client)));
    return out;
  }

  /** Without a zone, which means nothing elsewhere. */
  private static String text(InetAddress address) {
    var text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  /** The client that a node asks for. */
  static Optional<InetAddress> client(HttpHeaders headers) {
    return AddressBlock.address(headers.get(FOR, ""));
  }

  /** The shard that a node means. */
  static Optional<Shard> shard(HttpHeaders headers) {
    var text = headers.get(SHARD, "");
    return text.matches("[1-9][0-9]{0,3}")
        ? Optional.of(new Shard(Integer.parseInt(text)))
        : Optional.empty();
  }

  /** The fields of a request without a body, of whatever it had one. */
  static HttpHeaders withoutBody(HttpHeaders headers) {
    var out = new DefaultHttpHeaders();
    out.add(headers);
    out.remove(HttpHeaderNames.CONTENT_LENGTH);
    out.remove(HttpHeaderNames.TRANSFER_ENCODING);
    out.remove(HttpHeaderNames.EXPECT);
    return out;
  }
}
