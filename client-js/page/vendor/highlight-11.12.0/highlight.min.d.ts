/** The part of highlight.js that the page uses; its npm package of built files comes without types. */
declare const highlight: {
  getLanguage(name: string): object | undefined;
  highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { value: string };
};
export default highlight;
