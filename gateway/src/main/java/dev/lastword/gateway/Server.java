package dev.lastword.gateway;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;

/** The listening socket. Each connection stays on one loop for its life. */
final class Server {
  private static final int BACKLOG = 4_096;
  private static final int SEND_BUFFER_BYTES = 64 << 10;

  private final Channel channel;
  private final ServerContext context;

  private Server(Channel channel, ServerContext context) {
    this.channel = channel;
    this.context = context;
  }

  /**
   * Listens. A bind that fails is thrown as the {@link java.io.IOException} that it is, undeclared,
   * as Netty does.
   */
  static Server listen(
      InetSocketAddress address,
      Optional<Tls> tls,
      Loops loops,
      Transport transport,
      ServerContext context) {
    var bound =
        new ServerBootstrap()
            .group(loops.group())
            .channelFactory(transport.serverChannels())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            // What a stalled reader may hold in the kernel: without a bound, several MiB each.
            .childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER_BYTES)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(32 << 10, 64 << 10))
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel accepted) {
                    context.accepted(accepted);
                    transport.keepAlive(accepted);
                    var pipeline = accepted.pipeline();
                    var refusal = context.refusal(accepted);
                    var loop = loops.of(accepted);
                    if (refusal.isPresent()) {
                      pipeline.addLast(new OneTooMany(refusal.get(), tls.isPresent()));
                    } else if (tls.isPresent()) {
                      pipeline
                          .addLast(tls.get().handler(accepted.alloc(), context.limits()))
                          .addLast(new Negotiation(loop, context));
                    } else {
                      pipeline.addLast(new Http1Connection(loop, context));
                    }
                  }
                })
            .bind(address)
            .syncUninterruptibly();
    var channel = bound.channel();
    context.acceptingBy(wanted -> channel.config().setAutoRead(wanted));
    return new Server(channel, context);
  }

  /**
   * Whether one may listen there now, asked before anything else is begun.
   *
   * @throws IOException what the system says, if not
   */
  static void probe(InetSocketAddress address) throws IOException {
    try (var socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address);
    }
  }

  InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  ServerContext context() {
    return context;
  }

  /** Takes no more connections; those that are open go on. */
  void stopAccepting() {
    channel.close().syncUninterruptibly();
  }
}
