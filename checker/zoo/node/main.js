// Serves all routes on a free port, and says which.
import { app } from './route.js';
import './leaving.js';
import './save-order.js';
import './transport.js';

const server = app.listen(0, '127.0.0.1', () => console.log(`"node":"http://127.0.0.1:${server.address().port}"`));
