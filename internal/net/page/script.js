// Comfort. Every page works without it.
"use strict";
(() => {
  const all = (sel, root = document) => Array.from(root.querySelectorAll(sel));

  // Exact times in the viewer's zone.
  const times = (root) => all("time[datetime]", root).forEach((t) => {
    const d = new Date(t.dateTime);
    if (!isNaN(d)) t.title = d.toLocaleString(undefined, { dateStyle: "long", timeStyle: "long" });
  });

  const copies = (root) => all("[data-copy]", root).forEach((b) => {
    if (!navigator.clipboard) return;
    b.hidden = false;
    b.addEventListener("click", async () => {
      const said = b.querySelector("span"), was = said.textContent;
      try { await navigator.clipboard.writeText(b.parentNode.querySelector("[data-value]").textContent); said.textContent = "Copied"; }
      catch { said.textContent = "Select it by hand"; }
      b.setAttribute("aria-label", said.textContent);
      setTimeout(() => { said.textContent = was; b.setAttribute("aria-label", was); }, 2000);
    });
  });

  // A slash opens the search box, unless somebody is typing.
  document.addEventListener("keydown", (e) => {
    if (e.key === "/" && !e.ctrlKey && !e.metaKey && !e.altKey && !/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) {
      const box = document.getElementById("find");
      if (box) { e.preventDefault(); box.focus(); box.select(); }
    }
    if (e.key === "Escape") all("details.action[open],details.corner[open],details.fold[open]").forEach((d) => {
      d.open = false;
      if (d.contains(document.activeElement)) d.querySelector("summary").focus();
    });
  });
  document.addEventListener("click", (e) => {
    all("details.action[open],details.corner[open],details.fold[open]").forEach((d) => { if (!d.contains(e.target)) d.open = false; });
  });

  // Lists answer while one types: the same page is fetched and its list put in
  // place of the old one.
  all("form[data-live]").forEach((form) => {
    let timer, turn = 0;
    const ask = async () => {
      const q = new URLSearchParams(new FormData(form));
      for (const [k, v] of Array.from(q)) if (v === "") q.delete(k);
      const at = form.action.split("?")[0] + (q.size ? "?" + q : ""), mine = ++turn;
      const res = await fetch(at, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (mine !== turn) return;
      if (!res.ok || res.redirected) { location.assign(at); return; }
      const doc = new DOMParser().parseFromString(await res.text(), "text/html");
      const now = doc.getElementById("results"), was = document.getElementById("results");
      if (mine !== turn || !now || !was) return;
      was.replaceWith(now);
      times(now); copies(now);
      history.replaceState(null, "", at);
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
    form.addEventListener("change", ask);
    form.addEventListener("submit", (e) => { e.preventDefault(); clearTimeout(timer); ask(); });
    all("[data-go]", form).forEach((b) => { b.hidden = true; });
  });

  // The rules of a password turn true as one types; the server has the last word.
  all("form[data-password]").forEach((form) => {
    const [first, again] = all("input[data-new]", form);
    const kinds = (s) => [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{Ll}\p{Lu}\d]/u].filter((r) => r.test(s)).length;
    const rules = {
      length: (li) => Array.from(first.value).length >= +li.dataset.least,
      kinds: () => kinds(first.value) >= 3 || Array.from(first.value).length >= 20,
      name: (li) => first.value !== "" && !(li.dataset.names || "").toLowerCase().split(/[^\p{L}\p{N}]+/u)
        .some((n) => n.length >= 3 && first.value.toLowerCase().includes(n)),
      same: () => first.value !== "" && first.value === again.value,
    };
    const check = () => all("[data-rule]", form).forEach((li) => li.classList.toggle("true", rules[li.dataset.rule](li)));
    form.addEventListener("input", check);
    check();
  });

  // The login name as it will be.
  const login = document.querySelector("[data-login]");
  if (login) {
    const from = document.getElementById("f-user"), name = document.getElementById("f-name");
    let own = from.value !== "";
    const plain = (s) => s.toLowerCase().normalize("NFKD").replace(/[^a-z0-9._ -]/g, "").trim().replace(/ +/g, ".").replace(/^[^a-z]+/, "").slice(0, 20).replace(/[._-]+$/, "");
    const show = () => { login.textContent = from.value.toLowerCase() || "…"; };
    from.addEventListener("input", () => { own = from.value !== ""; show(); });
    name.addEventListener("input", () => { if (!own) { from.value = plain(name.value.split(" ")[0]); show(); } });
    show();
  }
  all("[data-print]").forEach((b) => { b.hidden = false; b.addEventListener("click", () => print()); });

  times(document);
  copies(document);
})();
