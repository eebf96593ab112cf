/** Only what is used of it: the compiler need not infer a type of 100 kB of numbers. */
declare module 'world-atlas/countries-110m.json' {
  const atlas: import('topojson-specification').Topology<{
    countries: import('topojson-specification').GeometryCollection;
  }>;
  export default atlas;
}
