// Small conveniences of every page: menus that close, forms that ask before they destroy.
// On a phone the pages' names are wider than the screen: bring the name of this one into sight.
const here = document.querySelector(".nav [aria-current]");
if (here) {
  const list = here.closest("ul");
  list.scrollLeft = here.offsetLeft - list.offsetLeft - (list.clientWidth - here.offsetWidth) / 2;
}
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open], details.more[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open], details.more[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A phone that kept hot spots for one account may have another before it, on any page.
const account = document.querySelector("[data-account]")?.dataset.account;
if (account && window.localStorage?.getItem("patrol-owner")) {
  import("./device.js").then(({ belongTo }) => belongTo(account)).catch((error) => console.warn(error));
}

// Signing out takes along what this device keeps for the road; the app clears the rest.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.leave || event.defaultPrevented) return;
  event.preventDefault();
  try {
    const { waiting, wipe } = await import("./device.js");
    const count = (await waiting()).length;
    if (count && !window.confirm(form.dataset.leave.replace("COUNT", count))) return;
    await wipe({ checks: true });
  } catch (error) {
    console.warn(error);
  }
  form.submit();
});
