import { mount } from "svelte";
import App from "./App.svelte";
import { apply } from "./lib/theme.svelte";
import { preferred, speak } from "./lib/words.svelte";
import "./theme.css";

apply();
speak(preferred()).then(() => mount(App, { target: document.body }));
