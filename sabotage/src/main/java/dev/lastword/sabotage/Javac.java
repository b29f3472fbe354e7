package dev.lastword.sabotage;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/// The compiler, in this process and without what the build looks at beside: what is compiled here
/// compiled before, but for one bug.
final class Javac {
  private static final List<String> OPTIONS =
      List.of("-proc:none", "-nowarn", "-g", "-parameters", "-Xlint:none");

  private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();

  /// The sources do not compile; the message has the first errors.
  static final class DoesNotCompileException extends Exception {
    private static final long serialVersionUID = 1;

    DoesNotCompileException(String message) {
      super(message);
    }
  }

  /// Compiles all sources of a folder.
  ///
  /// @param planted texts that stand in place of files, by the files' paths
  /// @param classPath folders and jars
  /// @param to where the classes go; made if it is not there
  void compile(Path folder, Map<Path, String> planted, List<Path> classPath, Path to)
      throws IOException, DoesNotCompileException {
    Files.createDirectories(to);
    var said = new DiagnosticCollector<JavaFileObject>();
    try (var files = compiler.getStandardFileManager(said, Locale.ROOT, null)) {
      var options = new ArrayList<>(OPTIONS);
      options.addAll(List.of("-d", to.toString(), "-classpath", Children.joined(classPath)));
      boolean compiled =
          compiler.getTask(null, files, said, options, null, units(folder, planted, files)).call();
      if (!compiled) {
        throw new DoesNotCompileException(
            said.getDiagnostics().stream()
                .filter(each -> each.getKind() == Diagnostic.Kind.ERROR)
                .limit(5)
                .map(Object::toString)
                .collect(Collectors.joining("\n")));
      }
    }
  }

  private static List<JavaFileObject> units(
      Path folder, Map<Path, String> planted, StandardJavaFileManager files) throws IOException {
    var units = new ArrayList<JavaFileObject>();
    try (var paths = Files.walk(folder)) {
      for (var path : paths.filter(Javac::isSource).sorted().toList()) {
        var text = planted.get(path);
        if (text == null) {
          files.getJavaFileObjects(path).forEach(units::add);
        } else {
          units.add(new Planted(path.toUri(), text));
        }
      }
    }
    return units;
  }

  /// Everything is on the class path here, so nothing is a module.
  private static boolean isSource(Path path) {
    return path.toString().endsWith(".java") && !path.endsWith("module-info.java");
  }

  /// A source file with other words in it.
  private static final class Planted extends SimpleJavaFileObject {
    private final String text;

    Planted(URI uri, String text) {
      super(uri, Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
