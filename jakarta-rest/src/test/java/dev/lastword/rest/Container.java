package dev.lastword.rest;

import com.sun.net.httpserver.HttpServer;
import io.netty.channel.socket.ServerSocketChannel;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.EnumSet;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.glassfish.jersey.grizzly2.httpserver.GrizzlyHttpServerFactory;
import org.glassfish.jersey.jdkhttp.JdkHttpServerFactory;
import org.glassfish.jersey.netty.httpserver.NettyHttpContainerProvider;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.servlet.ServletContainer;
import org.jspecify.annotations.Nullable;

/** What serves Jersey, on a port of its own. */
enum Container {
  GRIZZLY {
    @Override
    Running start(ResourceConfig application) {
      var server =
          GrizzlyHttpServerFactory.createHttpServer(
              URI.create("http://127.0.0.1:0/app/"), application);
      return new Running(
          server.getListeners().iterator().next().getPort(), "/app", server::shutdownNow);
    }
  },
  /** Which takes an application's path for none. */
  NETTY {
    @Override
    Running start(ResourceConfig application) {
      var channel =
          (ServerSocketChannel)
              NettyHttpContainerProvider.createServer(
                  URI.create("http://127.0.0.1:0/"), application, false);
      return new Running(channel.localAddress().getPort(), "", () -> channel.close().sync());
    }
  },
  /** Which knows no asynchronous responses. */
  JDK {
    @Override
    Running start(ResourceConfig application) {
      HttpServer server =
          JdkHttpServerFactory.createHttpServer(
              URI.create("http://127.0.0.1:0/app/"), application, false);
      var threads = Executors.newVirtualThreadPerTaskExecutor();
      server.setExecutor(threads);
      server.start();
      return new Running(
          server.getAddress().getPort(),
          "/app",
          () -> {
            server.stop(0);
            threads.shutdownNow();
          });
    }
  },
  JETTY {
    @Override
    Running start(ResourceConfig application) throws Exception {
      return jetty(application, null);
    }
  };

  /** Readers that leave are what the tests are about; no framework needs to tell. */
  private static final Logger QUIET = Logger.getLogger("");

  static {
    QUIET.setLevel(Level.OFF);
  }

  interface Stopping {
    void stop() throws Exception;
  }

  /** One that runs. */
  record Running(int port, String base, Stopping stopping) {}

  abstract Running start(ResourceConfig application) throws Exception;

  /** In a servlet container, behind a filter. */
  static Running jetty(ResourceConfig application, @Nullable Filter filter) throws Exception {
    var server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    var context = new ServletContextHandler("/app");
    var holder = new ServletHolder(new ServletContainer(application));
    holder.setAsyncSupported(true);
    context.addServlet(holder, "/*");
    if (filter != null) {
      var filtering = new FilterHolder(filter);
      filtering.setAsyncSupported(true);
      context.addFilter(filtering, "/*", EnumSet.of(DispatcherType.REQUEST));
    }
    server.setHandler(context);
    server.start();
    return new Running(
        ((ServerConnector) server.getConnectors()[0]).getLocalPort(), "/app", server::stop);
  }
}
