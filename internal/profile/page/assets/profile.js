// One's own page: the form in a dialog, and the photo. Without this script the form is a page of its own.
import { setUpForm } from "./edit.js";
import { setUpPhoto } from "./photo.js";
import { expire } from "./live.js";

setUpForm();
setUpPhoto();
expire();
