// ---- the map: outlines, hosts, lines between; how it looks is said in the style sheet by class ----

const SHAPES = {
  "trusted-address": "M10 2.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15z",
  shelter: "M10 1.5 18.5 9v9h-17V9z",
  health: "M7 2h6v5h5v6h-5v5H7v-5H2V7h5z",
  police: "M10 1 19 10 10 19 1 10z",
  legal: "M10 2 19 17.5H1z",
  social: "M3 3h14v14H3z"
};

function mark(kind, look) {
  return drawn("svg", { class: `mark ${look}`, viewBox: "-1 -1 22 22", "aria-hidden": "true" },
    drawn("path", { d: SHAPES[kind] || SHAPES.social }),
    look.includes("removed") ? drawn("path", { d: "M2 2 18 18M18 2 2 18", class: "cross" }) : null,
    look.includes("added") ? drawn("circle", { cx: 10, cy: 10, r: 11, class: "around" }) : null);
}

class Atlas {
  constructor(listeners) {
    this.listeners = listeners;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // One finger scrolls the page, two move the map; a wheel scrolls the page as well.
    this.map = L.map("map", {
      attributionControl: false, zoomControl: false, zoomSnap: 0.25, zoomDelta: 0.5, scrollWheelZoom: false, dragging: !L.Browser.mobile,
      tap: false, zoomAnimation: !still, fadeAnimation: false, inertia: !still, renderer: L.svg({ padding: 0.5 })
    });
    this.shapes = new Map();
    this.outlines();
    this.fit();
    this.rings = { pointed: L.layerGroup().addTo(this.map), chosen: L.layerGroup().addTo(this.map) };
    this.ways = L.layerGroup().addTo(this.map);
    this.marks = L.layerGroup().addTo(this.map);
    this.spread();
    new ResizeObserver(() => this.map.invalidateSize({ pan: false })).observe($("map"));
    this.paper();
  }

  outlines() {
    const shapes = new Map(), key = f => String(f.id === undefined ? (f.properties || {}).code : f.id);
    L.geoJSON(OUTLINES ? OUTLINES.features.filter(f => COMMUNES.has(key(f))) : [], {
      smoothFactor: 0.4, onEachFeature: (f, layer) => shapes.set(key(f), layer), pointToLayer: (_, at) => L.circleMarker(at, { radius: 8 })
    });
    for (const c of DATA.communes) {
      const layer = shapes.get(c.code) || L.circleMarker([c.lat, c.lon], { radius: 8 });
      layer.addTo(this.map).bindTooltip(() => this.tip(c.code), { sticky: true, className: "tip" });
      layer.on("mouseover", () => this.listeners.point(c.code)).on("mouseout", () => this.listeners.point(null));
      layer.on("click", () => this.listeners.select(c.code));
      this.shapes.set(c.code, layer);
    }
  }

  bounds() {
    return L.featureGroup([...this.shapes.values()]).getBounds();
  }

  fit() {
    if (this.shapes.size) this.map.fitBounds(L.latLngBounds(DATA.communes.map(c => [c.lat, c.lon])), { animate: false });
    if (this.shapes.size) this.map.fitBounds(this.bounds(), { animate: false, padding: [4, 4] });
    else this.map.setView([21.2, 104], 8);
  }

  // On paper the map has one size, whatever the screen's is.
  paper() {
    const turn = on => {
      document.documentElement.classList.toggle("paper", on);
      this.map.invalidateSize({ animate: false, pan: false });
      this.fit();
    };
    addEventListener("beforeprint", () => turn(true));
    addEventListener("afterprint", () => turn(false));
  }

  speak() {
    if (this.zoom) this.zoom.remove();
    this.zoom = L.control.zoom({ zoomInTitle: word("zoomIn"), zoomOutTitle: word("zoomOut") }).addTo(this.map);
  }

  // how(code): { look: a class, tip: nodes }
  paint(how) {
    this.tip = code => el("div", {}, ...how(code).tip);
    for (const [code, layer] of this.shapes) {
      const path = layer.getElement(), look = how(code).look;
      path.setAttribute("class", `leaflet-interactive commune ${look}`);
      path.dataset.code = code;
    }
  }

  // Those without a host are drawn last, so that no neighbour lies over their borders.
  raise(codes) {
    for (const code of codes) this.shapes.get(code).bringToFront();
  }

  // Hosts of one spot stand around it.
  spread() {
    const spots = new Map();
    this.shift = new Map();
    for (const h of DATA.hosts) {
      const at = `${h.lat},${h.lon}`;
      spots.set(at, [...(spots.get(at) || []), h.id]);
    }
    for (const ids of spots.values())
      ids.forEach((id, i) => {
        const turn = (i / ids.length) * 2 * Math.PI, far = ids.length > 1 ? 10 : 0;
        this.shift.set(id, [Math.round(far * Math.cos(turn)), Math.round(far * Math.sin(turn))]);
      });
  }

  // look(host): a class; tip(host): nodes
  place(look, tip) {
    this.marks.clearLayers();
    for (const h of DATA.hosts) {
      if (typeof h.lat !== "number" || typeof h.lon !== "number") continue;
      const [x, y] = this.shift.get(h.id), html = mark(h.kind, look(h));
      const icon = L.divIcon({ html, className: "host", iconSize: [20, 20], iconAnchor: [10 - x, 10 - y] });
      L.marker([h.lat, h.lon], { icon, keyboard: false, riseOnHover: true })
        .bindTooltip(() => el("div", {}, ...tip(h)), { className: "tip", direction: "top", offset: [x, y - 8] })
        .on("click", () => COMMUNES.has(h.place) && this.listeners.select(h.place)).addTo(this.marks);
    }
  }

  ring(which, code) {
    const group = this.rings[which];
    group.clearLayers();
    if (!this.shapes.has(code)) return;
    const shape = this.shapes.get(code);
    for (const part of ["halo", which]) {
      const copy = shape.getRadius ? L.circleMarker(shape.getLatLng(), { radius: 8 }) : L.polygon(shape.getLatLngs(), { smoothFactor: 0.4 });
      copy.options.interactive = false;
      copy.options.className = `ring ${part}`;
      copy.addTo(group);
    }
  }

  // lines: [{ host, look }] from the commune
  lines(code, lines) {
    this.ways.clearLayers();
    const c = COMMUNES.get(code);
    for (const { host, look } of c ? lines : []) {
      const h = HOSTS.get(host);
      if (!h) continue;
      for (const part of ["halo", look])
        L.polyline([[c.lat, c.lon], [h.lat, h.lon]], { interactive: false, className: `way ${part}` }).addTo(this.ways);
    }
  }
}

function legendList(title, items) {
  return el("div", {}, el("h3", {}, title), el("ul", {}, ...items.map(([picture, text, count]) =>
    el("li", {}, picture, el("span", {}, text), count === undefined ? null : el("span", { class: "n" }, String(count))))));
}

// The kinds that there are, with their marks.
function kindsShown() {
  return [...new Set(DATA.hosts.map(h => h.kind))].map(k => [mark(k, "busy"), named("kinds", k)]);
}

const lineSample = look => drawn("svg", { class: "swatch", viewBox: "0 0 22 14", "aria-hidden": "true" },
  drawn("path", { d: "M1 7H21", class: `way halo` }), drawn("path", { d: "M1 7H21", class: `way ${look}` }));
