package dev.lastword.spring;

/** An application has a saver that its own Lastword knows nothing of: nothing would be saved. */
final class UnreadSaverException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  UnreadSaverException() {
    super(
        "the application's own Lastword bean has no saver, and its Saver bean would never be"
            + " called: give it that, Lastword.at(directory).saver(saver).open(), or leave the"
            + " Lastword to the starter. A Saver that single answers are sealed with is a"
            + " @Bean(defaultCandidate = false)");
  }
}
