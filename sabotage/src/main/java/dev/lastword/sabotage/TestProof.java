package dev.lastword.sabotage;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// Runs the tests of a folder until the first red one; a process of its own.
final class TestProof {
  /// They run worlds, which is what {@link SeedProof} is for.
  private static final String WORLDS = ".*\\.(Simulation|ClusterSimulation|Sabotage)Test";

  /// How the reason begins of a test that could not call what it wanted to: it found nothing.
  static final String SIGNATURE = "signature changed: ";

  private TestProof() {}

  /// `all`, the folder, and then the tests that are left out; or `only` and one test, by their
  /// unique IDs.
  static void main(String[] arguments) {
    boolean all = arguments[0].equals("all");
    var leftOut = all ? List.of(arguments).subList(2, arguments.length) : List.<String>of();
    var listener = new Listener(Set.copyOf(leftOut));
    LauncherFactory.create()
        .execute(all ? everythingIn(Path.of(arguments[1])) : one(arguments[1]), listener);
    Said.print("end");
    System.exit(0);
  }

  private static LauncherDiscoveryRequest everythingIn(Path folder) {
    return LauncherDiscoveryRequestBuilder.request()
        .selectors(selectClasspathRoots(Set.of(folder)))
        .filters(
            ClassNameFilter.includeClassNamePatterns(".*Test"),
            ClassNameFilter.excludeClassNamePatterns(WORLDS))
        .build();
  }

  private static LauncherDiscoveryRequest one(String uniqueId) {
    return LauncherDiscoveryRequestBuilder.request().selectors(selectUniqueId(uniqueId)).build();
  }

  private static final class Listener implements TestExecutionListener {
    private final Set<String> leftOut;

    Listener(Set<String> leftOut) {
      this.leftOut = leftOut;
    }

    @Override
    public void executionStarted(TestIdentifier test) {
      Said.print("at", test.getUniqueId(), name(test));
    }

    /// Nothing is cleaned up behind a red test: who has started this process does that.
    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (result.getStatus() == TestExecutionResult.Status.FAILED
          && !leftOut.contains(test.getUniqueId())) {
        var failure = result.getThrowable().orElseGet(() -> new AssertionError("no reason"));
        failure.printStackTrace(System.out);
        Said.print("red", test.getUniqueId(), name(test), why(failure));
        Runtime.getRuntime().halt(1);
      }
    }

    private static String why(Throwable failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof IncompatibleClassChangeError) {
          return SIGNATURE + cause;
        }
      }
      return failure.toString().lines().findFirst().orElse("");
    }

    private static String name(TestIdentifier test) {
      return test.getSource()
          .map(
              source ->
                  switch (source) {
                    case MethodSource method ->
                        simple(method.getClassName()) + "." + method.getMethodName();
                    case ClassSource type -> simple(type.getClassName());
                    default -> test.getDisplayName();
                  })
          .orElse(test.getDisplayName());
    }

    private static String simple(String className) {
      return className.substring(className.lastIndexOf('.') + 1);
    }
  }
}
