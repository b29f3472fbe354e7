package dev.lastword.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;

/** The arrows between the rooms, and what may not happen on a loop. */
@AnalyzeClasses(packages = "dev.lastword", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule EACH_ROOM_NEEDS_ONLY_ROOMS_ABOVE_IT =
      Architectures.layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .withOptionalLayers(true)
          .layer("sse")
          .definedBy("dev.lastword.sse")
          .layer("reader")
          .definedBy("dev.lastword.reader")
          .layer("dialect")
          .definedBy("dev.lastword.dialect")
          .layer("journal")
          .definedBy("dev.lastword.journal")
          .layer("journal-postgresql")
          .definedBy("dev.lastword.journal.postgresql")
          .layer("journal-kafka")
          .definedBy("dev.lastword.journal.kafka")
          .layer("archive")
          .definedBy("dev.lastword.archive")
          .layer("archive-sql")
          .definedBy("dev.lastword.archive.sql")
          .layer("archive-sqlite")
          .definedBy("dev.lastword.archive.sqlite")
          .layer("archive-postgresql")
          .definedBy("dev.lastword.archive.postgresql")
          .layer("cluster")
          .definedBy("dev.lastword.cluster")
          .layer("cluster-postgresql")
          .definedBy("dev.lastword.cluster.postgresql")
          .layer("stream")
          .definedBy("dev.lastword.stream")
          .layer("hooks")
          .definedBy("dev.lastword.hooks")
          .layer("testing")
          .definedBy("dev.lastword.testing")
          .layer("library")
          .definedBy("dev.lastword.library")
          .layer("spring")
          .definedBy("dev.lastword.spring")
          .layer("cli")
          .definedBy("dev.lastword.cli")
          .layer("checker")
          .definedBy("dev.lastword.checker..")
          .layer("gateway")
          .definedBy("dev.lastword.gateway..")
          .whereLayer("sse")
          .mayNotAccessAnyLayer()
          .whereLayer("reader")
          .mayOnlyAccessLayers("sse")
          .whereLayer("dialect")
          .mayOnlyAccessLayers("sse")
          .whereLayer("journal")
          .mayOnlyAccessLayers("sse")
          .whereLayer("journal-postgresql")
          .mayOnlyAccessLayers("sse", "journal")
          .whereLayer("journal-kafka")
          .mayOnlyAccessLayers("sse", "journal")
          .whereLayer("archive")
          .mayOnlyAccessLayers("sse", "journal")
          .whereLayer("archive-sql")
          .mayOnlyAccessLayers("sse", "journal", "archive")
          .whereLayer("archive-sqlite")
          .mayOnlyAccessLayers("sse", "journal", "archive", "archive-sql")
          .whereLayer("archive-postgresql")
          .mayOnlyAccessLayers("sse", "journal", "journal-postgresql", "archive", "archive-sql")
          .whereLayer("cluster")
          .mayOnlyAccessLayers("sse", "journal")
          .whereLayer("cluster-postgresql")
          .mayOnlyAccessLayers("sse", "journal", "journal-postgresql", "cluster")
          .whereLayer("stream")
          .mayOnlyAccessLayers("sse", "dialect", "journal", "archive")
          .whereLayer("hooks")
          .mayOnlyAccessLayers("sse", "dialect", "journal", "archive", "stream")
          .whereLayer("testing")
          .mayOnlyAccessLayers("sse", "dialect", "journal", "archive", "stream", "cluster")
          .whereLayer("library")
          .mayOnlyAccessLayers(
              "sse",
              "reader",
              "dialect",
              "journal",
              "archive",
              "archive-sql",
              "archive-sqlite",
              "stream")
          .whereLayer("spring")
          .mayOnlyAccessLayers("sse", "dialect", "journal", "stream", "library")
          .whereLayer("cli")
          .mayNotAccessAnyLayer()
          .whereLayer("checker")
          .mayOnlyAccessLayers("sse", "dialect", "cli")
          .whereLayer("gateway")
          .mayOnlyAccessLayers(
              "sse",
              "dialect",
              "journal",
              "journal-postgresql",
              "journal-kafka",
              "archive",
              "archive-sql",
              "archive-sqlite",
              "archive-postgresql",
              "cluster",
              "cluster-postgresql",
              "stream",
              "hooks",
              "cli");

  @ArchTest
  static final ArchRule SSE_NEEDS_NOTHING =
      classes()
          .that()
          .resideInAPackage("dev.lastword.sse")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "dev.lastword.sse", "org.jspecify..");

  /** What is printed by a room that others embed is seen by nobody, or by the wrong one. */
  @ArchTest
  static final ArchRule THE_ENGINE_PRINTS_NOTHING =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.lastword.sse",
              "dev.lastword.reader",
              "dev.lastword.dialect",
              "dev.lastword.journal..",
              "dev.lastword.archive..",
              "dev.lastword.stream",
              "dev.lastword.hooks",
              "dev.lastword.library",
              "dev.lastword.spring")
          .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS);

  /** The checker's HTTP/2 is Netty's codec: docs/decisions/0006. */
  @ArchTest
  static final ArchRule NETTY_STAYS_WHERE_BYTES_ARE_MOVED =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.lastword.gateway..", "dev.lastword.checker.probe")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.netty..");

  /** A gateway whose journal is elsewhere runs without Kafka's client, as packages do. */
  @ArchTest
  static final ArchRule KAFKA_STAYS_IN_ITS_ROOM =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.lastword.journal.kafka", "dev.lastword.testing")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.kafka..");

  @ArchTest
  static final ArchRule ROUTES_DO_NOT_KNOW_THE_CODEC =
      noClasses()
          .that()
          .haveSimpleNameNotStartingWith("Http1")
          .and()
          .doNotHaveSimpleName("Server")
          .should()
          .dependOnClassesThat()
          .haveSimpleNameStartingWith("Http1Ex")
          .orShould()
          .dependOnClassesThat()
          .haveSimpleName("Http1RequestDecoder");

  /** What a lease decides by is the store's clock, and a monotonic one for when to stop. */
  @ArchTest
  static final ArchRule A_NODE_ASKS_NO_WALL_CLOCK =
      noClasses()
          .that()
          .resideInAPackage("dev.lastword.cluster..")
          .should()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Instant")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Clock");

  /** What decides about shards is run by a simulation, which has no threads and no database. */
  @ArchTest
  static final ArchRule WHAT_A_NODE_DECIDES_HAS_NO_THREAD_AND_NO_CONNECTION =
      noClasses()
          .that()
          .resideInAPackage("dev.lastword.cluster")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "java.util.concurrent.locks..")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Thread.class)
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(java.util.concurrent.Executor.class)
          .orShould()
          .callMethod(System.class, "nanoTime");

  /** Only whoever starts, drains or stops processes waits; everything else runs on loops. */
  @ArchTest
  static final ArchRule NOTHING_WAITS_ON_A_LOOP =
      noClasses()
          .that()
          .resideInAPackage("dev.lastword.gateway")
          .and()
          .doNotHaveSimpleName("Gateway")
          .and()
          .doNotHaveSimpleName("ArchiveOpening")
          .and()
          .doNotHaveSimpleName("RunningGateway")
          .and()
          .doNotHaveSimpleName("RunningNode")
          .and()
          .doNotHaveSimpleName("DemoNodes")
          .and()
          .haveSimpleNameNotEndingWith("Command")
          .should()
          .callMethod(Thread.class, "sleep", long.class)
          .orShould()
          .callMethod(Thread.class, "sleep", java.time.Duration.class)
          .orShould()
          .callMethod(Thread.class, "join")
          .orShould()
          .callMethod(Future.class, "get")
          .orShould()
          .callMethod(CompletableFuture.class, "get")
          .orShould()
          .callMethod(CompletableFuture.class, "join")
          .orShould()
          .callMethod(CountDownLatch.class, "await")
          .orShould()
          .callMethod(io.netty.util.concurrent.Future.class, "sync")
          .orShould()
          .callMethod(io.netty.util.concurrent.Future.class, "await");
}
