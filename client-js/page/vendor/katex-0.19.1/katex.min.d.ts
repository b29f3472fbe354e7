import katex from 'katex';

declare global {
  interface Window {
    /** What the script, which is no module, leaves behind. */
    katex: typeof katex;
  }
}
