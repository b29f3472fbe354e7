package dev.lastword.sabotage;

import dev.lastword.sabotage.Children.Red;
import dev.lastword.sabotage.Javac.DoesNotCompileException;
import dev.lastword.sabotage.Verdict.By;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Lets every proof look for a planted bug until the first that finds it: the simulation, then the
/// tests of the bug's room, then those of the rooms that drive it.
///
/// What finds a bug is run once more without it. A proof that is red then, too, has found nothing,
/// is left out from then on, and is told at the end.
final class Hunt {
  private static final String TESTING = "testing";
  private static final String GATEWAY = "gateway";
  private static final String CLUSTER = "cluster";

  private final Workshop workshop;
  private final Children children;
  private final long seeds;
  private final Looking looking;
  private final Map<String, Boolean> redWithout = new HashMap<>();
  private final Set<String> redSeeds = new LinkedHashSet<>();
  private final Set<String> redTests = new LinkedHashSet<>();
  private final List<String> redAnyway = new ArrayList<>();

  /// Who looks for a bug.
  enum Looking {
    /// Simulated worlds, and tests for what these have not found.
    ALL,
    /// Simulated worlds.
    SEEDS,
    /// Simulated worlds that are clusters.
    CLUSTERS
  }

  /// @param seeds how many simulated worlds look for each bug
  Hunt(Workshop workshop, Children children, long seeds, Looking looking) {
    this.workshop = workshop;
    this.children = children;
    this.seeds = seeds;
    this.looking = looking;
  }

  /// Proofs that are red without any bug.
  List<String> redAnyway() {
    return redAnyway;
  }

  /// Plants a bug and looks for it.
  ///
  /// @throws BugListException if it does not apply or does not compile
  Verdict look(Bug bug) throws IOException, InterruptedException {
    var rooms = workshop.rooms();
    if (!rooms.has(bug.room())) {
      throw new BugListException("bug '" + bug.name() + "' is in no room: " + bug.room());
    }
    try {
      workshop.plant(bug);
      var took = Duration.ZERO;
      if (rooms.isIn(bug.room(), TESTING)) {
        workshop.compile(bug, TESTING);
        var found = seeds(bug);
        took = took.plus(found.took());
        if (found.red().isPresent()) {
          var red = found.red().get();
          return new Verdict(bug, new By.Seed(red.name(), red.why()), took);
        }
      }
      for (var room : looking == Looking.ALL ? testedBy(bug.room()) : Set.<String>of()) {
        workshop.compile(bug, room);
        var found = tests(bug, room);
        took = took.plus(found.took());
        if (found.red().isPresent()) {
          var red = found.red().get();
          return new Verdict(bug, new By.Test(red.name(), red.why()), took);
        }
      }
      return new Verdict(bug, new By.Nobody(), took);
    } catch (DoesNotCompileException e) {
      throw new BugListException("bug '" + bug.name() + "' does not compile:\n" + e.getMessage());
    }
  }

  private Set<String> testedBy(String room) {
    var tested = new LinkedHashSet<String>();
    // What has no tests of its own is tested where it is used.
    var others =
        new ArrayList<>(workshop.hasTests(room) ? List.of(room) : workshop.rooms().needing(room));
    others.addAll(List.of(TESTING, GATEWAY));
    for (var other : others) {
      if (workshop.rooms().isTestedBy(room, other) && workshop.hasTests(other)) {
        tested.add(other);
      }
    }
    return tested;
  }

  // --- the simulation

  private Children.Result seeds(Bug bug) throws IOException, InterruptedException {
    var which =
        looking == Looking.CLUSTERS || bug.room().equals(CLUSTER)
            ? SeedProof.Which.CLUSTERS
            : SeedProof.Which.ALL;
    var took = Duration.ZERO;
    while (true) {
      var result = runSeeds(which, 1, seeds, true, bug.name() + "-seeds");
      took = took.plus(result.took());
      var red = result.red();
      if (red.isEmpty() || !isRedSeedAnyway(red.get())) {
        return new Children.Result(red, took);
      }
    }
  }

  private boolean isRedSeedAnyway(Red red) throws IOException, InterruptedException {
    var known = redWithout.get(red.name());
    if (known == null) {
      long seed = SeedProof.seedOf(red.what());
      known =
          runSeeds(SeedProof.Which.ALL, seed, 1, false, "without")
              .red()
              .filter(other -> other.what().equals(red.what()))
              .isPresent();
      redWithout.put(red.name(), known);
      if (known) {
        redSeeds.add(red.what());
        redAnyway.add(red.name() + ": " + red.why());
      }
    }
    return known;
  }

  private Children.Result runSeeds(
      SeedProof.Which which, long from, long number, boolean withBug, String log)
      throws IOException, InterruptedException {
    var arguments = new ArrayList<String>();
    arguments.add(which.name());
    arguments.add(Long.toString(from));
    arguments.add(Long.toString(number));
    arguments.addAll(redSeeds);
    return children.run(
        SeedProof.class, workshop.classPath(withBug), workshop.room(TESTING), arguments, log);
  }

  // --- the tests

  private Children.Result tests(Bug bug, String room)
      throws IOException, InterruptedException, DoesNotCompileException {
    var classPath = workshop.testClassPath(room, true);
    var took = Duration.ZERO;
    while (true) {
      var arguments = new ArrayList<>(List.of("all", classPath.getFirst().toString()));
      arguments.addAll(redTests);
      var result =
          children.run(
              TestProof.class,
              classPath,
              workshop.room(room),
              arguments,
              bug.name() + "-tests-of-" + room);
      took = took.plus(result.took());
      var red = result.red();
      if (red.filter(each -> each.why().startsWith(TestProof.SIGNATURE)).isPresent()) {
        throw new BugListException(
            "bug '" + bug.name() + "' changes a signature: " + red.get().why());
      }
      if (red.isEmpty() || !isRedTestAnyway(red.get(), room)) {
        return new Children.Result(red, took);
      }
    }
  }

  private boolean isRedTestAnyway(Red red, String room)
      throws IOException, InterruptedException, DoesNotCompileException {
    var known = redWithout.get(red.what());
    if (known == null) {
      Optional<Red> again =
          children
              .run(
                  TestProof.class,
                  workshop.testClassPath(room, false),
                  workshop.room(room),
                  List.of("only", red.what()),
                  "without")
              .red();
      known = again.isPresent();
      redWithout.put(red.what(), known);
      if (known) {
        redTests.add(red.what());
        redAnyway.add(red.name() + ": " + again.get().why());
      }
    }
    return known;
  }

  /// Where what the proofs printed is.
  Path logs() {
    return workshop.folder().resolve("logs");
  }
}
