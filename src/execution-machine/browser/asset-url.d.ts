// What Vite makes of an import that ends so: the address at which the file is served.
declare module '*?url' {
  const url: string;
  export default url;
}
