// Runs before the first paint, so that a dark page never flashes white: hence a plain script in the head, not a module.
(() => {
  const root = document.documentElement;
  let choice = null;
  try {
    choice = localStorage.getItem("reship.theme");
  } catch {
    // A browser that refuses storage follows the system.
  }
  if (choice !== "light" && choice !== "dark") choice = "system";
  const dark = choice === "dark" || (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.bsTheme = dark ? "dark" : "light";
  root.dataset.themeChoice = choice;
  root.dataset.js = "";
})();
