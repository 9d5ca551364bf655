/** Sheets are bundled beside the scripts that name them; those that are loaded later are text in these. */

declare module "*.later.css" {
  const sheet: string;
  export default sheet;
}
declare module "*.css";
