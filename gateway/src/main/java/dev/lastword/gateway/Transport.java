package dev.lastword.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * How sockets are driven.
 *
 * @param name {@code epoll} or {@code nio}
 */
record Transport(
    String name,
    IoHandlerFactory io,
    ChannelFactory<? extends ServerChannel> serverChannels,
    ChannelFactory<? extends Channel> clientChannels) {

  /** Silence after which the kernel asks the other side whether it is still there. */
  private static final int KEEP_ALIVE_IDLE_S = 30;

  private static final int KEEP_ALIVE_INTERVAL_S = 15;
  private static final int KEEP_ALIVE_PROBES = 4;

  /**
   * Lets the kernel keep a connection alive over which nothing is said for long, an answer that a
   * model thinks about: what lies between forgets silent connections, and a peer that is gone
   * without a word is noticed.
   */
  void keepAlive(Channel channel) {
    var config = channel.config();
    config.setOption(ChannelOption.SO_KEEPALIVE, true);
    if (channel instanceof EpollSocketChannel) {
      config.setOption(EpollChannelOption.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_S);
      config.setOption(EpollChannelOption.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_S);
      config.setOption(EpollChannelOption.TCP_KEEPCNT, KEEP_ALIVE_PROBES);
    } else if (channel instanceof NioSocketChannel) {
      config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), KEEP_ALIVE_IDLE_S);
      config.setOption(
          NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), KEEP_ALIVE_INTERVAL_S);
      config.setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), KEEP_ALIVE_PROBES);
    }
  }

  /** Epoll where the kernel and the native library are there, NIO elsewhere. */
  static Transport best() {
    return Epoll.isAvailable()
        ? new Transport(
            "epoll",
            EpollIoHandler.newFactory(),
            EpollServerSocketChannel::new,
            EpollSocketChannel::new)
        : new Transport(
            "nio", NioIoHandler.newFactory(), NioServerSocketChannel::new, NioSocketChannel::new);
  }
}
