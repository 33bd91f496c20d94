/** The agent desktop. */
import './elements/parlor-desk.js';
import { watchAttention } from './attention.js';
import { everySecond } from './clock.js';
import { hurry } from './outbox.js';
import { followRoute } from './route.js';
import { start } from './session.js';
import { store } from './store.js';

watchAttention();
followRoute();
everySecond(() => store.expireTyping());
window.addEventListener('online', hurry);
void start();
