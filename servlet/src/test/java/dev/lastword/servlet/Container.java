package dev.lastword.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/** A servlet container on a port of its own. */
enum Container {
  TOMCAT {
    @Override
    Running start(
        Path dir,
        @Nullable Filter filter,
        Set<DispatcherType> dispatches,
        Map<String, Servlet> servlets)
        throws Exception {
      QUIET.setLevel(Level.SEVERE);
      var tomcat = new Tomcat();
      tomcat.setBaseDir(dir.toString());
      tomcat.setSilent(true);
      tomcat.setPort(0);
      var context = tomcat.addContext("", dir.toString());
      servlets.forEach(
          (path, servlet) -> {
            var wrapper = Tomcat.addServlet(context, path, servlet);
            wrapper.setAsyncSupported(path.startsWith("/async"));
            context.addServletMapping(path, path);
          });
      // Where a filter answers itself a servlet has to be mapped all the same.
      context.addServletMapping("/lastword/*", servlets.keySet().iterator().next());
      if (filter != null) {
        var definition = new FilterDef();
        definition.setFilterName("lastword");
        definition.setFilter(filter);
        definition.setAsyncSupported("true");
        context.addFilterDef(definition);
        var map = new FilterMap();
        map.setFilterName("lastword");
        map.addURLPattern("/*");
        dispatches.forEach(type -> map.setDispatcher(type.name()));
        context.addFilterMap(map);
      }
      tomcat.start();
      return new Running(
          tomcat.getConnector().getLocalPort(),
          () -> {
            tomcat.stop();
            tomcat.destroy();
          });
    }
  },
  JETTY {
    @Override
    Running start(
        Path dir,
        @Nullable Filter filter,
        Set<DispatcherType> dispatches,
        Map<String, Servlet> servlets)
        throws Exception {
      var server = new Server(0);
      var context = new ServletContextHandler();
      servlets.forEach(
          (path, servlet) -> {
            var holder = new ServletHolder(servlet);
            holder.setAsyncSupported(path.startsWith("/async"));
            context.addServlet(holder, path);
          });
      if (filter != null) {
        var holder = new FilterHolder(filter);
        holder.setAsyncSupported(true);
        context.addFilter(holder, "/*", EnumSet.copyOf(dispatches));
      }
      server.setHandler(context);
      server.start();
      return new Running(
          ((ServerConnector) server.getConnectors()[0]).getLocalPort(), server::stop);
    }
  };

  /** Tomcat looks for threads that an application has left: these ones are the test's. */
  private static final Logger QUIET = Logger.getLogger("org.apache.catalina.loader");

  interface Stopping {
    void stop() throws Exception;
  }

  /** One that runs. */
  record Running(int port, Stopping stopping) {}

  /**
   * Servlets whose path begins with {@code /async} are registered with asynchronous support.
   *
   * @param dispatches what the filter is mapped for
   */
  abstract Running start(
      Path dir,
      @Nullable Filter filter,
      Set<DispatcherType> dispatches,
      Map<String, Servlet> servlets)
      throws Exception;
}
