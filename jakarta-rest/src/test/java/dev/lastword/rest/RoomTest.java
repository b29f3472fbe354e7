package dev.lastword.rest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;

/** What this room needs; here and not in gateway, whose build needs nothing of it. */
@AnalyzeClasses(
    packages = "dev.lastword.rest",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class RoomTest {
  @ArchTest
  static final ArchRule IT_NEEDS_ONLY_ROOMS_ABOVE_IT =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "dev.lastword.rest",
              "dev.lastword.library",
              "dev.lastword.stream",
              "dev.lastword.journal",
              "dev.lastword.dialect",
              "dev.lastword.sse",
              "org.slf4j..",
              "org.jspecify..",
              "jakarta.ws.rs..",
              "org.glassfish.jersey..");

  @ArchTest
  static final ArchRule IT_PRINTS_NOTHING =
      noClasses().should(GeneralCodingRules.ACCESS_STANDARD_STREAMS);
}
